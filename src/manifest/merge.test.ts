import { expect, test } from 'vitest'
import { hasErrors } from './diagnostic.ts'
import { mergeManifests } from './merge.ts'
import { parseManifest } from './parse.ts'

const object = (kind: string, metadata: string, apiVersion = 'v1'): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: ${metadata}\n---\n`

test.each<[string, string, string, number]>([
  ['other names', object('Pod', '{name: a}'), object('Pod', '{name: b}'), 2],
  ['other kinds', object('Pod', '{name: a}'), object('Service', '{name: a}'), 2],
  ['other namespaces', object('Pod', '{name: a, namespace: x}'), object('Pod', '{name: a}'), 2],
  ['the default namespace', object('Pod', '{name: a, namespace: default}'), object('Pod', '{name: a}'), 1],
  ['no namespace on a Node', object('Node', '{name: a, namespace: x}'), object('Node', '{name: a}'), 1],
  ['names to be generated', object('Pod', '{generateName: a}'), object('Pod', '{generateName: a}'), 2],
  ['skipped kinds', object('RuntimeClass', '{name: a}'), object('RuntimeClass', '{name: a}'), 2],
])('%s', (_, first, second, kept) => {
  const merged = mergeManifests([parseManifest(first, '1.yaml'), parseManifest(second, '2.yaml')])
  expect(merged.objects.length).toBe(kept)
  expect(hasErrors(merged.diagnostics)).toBe(kept < 2)
})

test('an object that is there three times: each names the first', () => {
  const pod = object('Pod', '{name: web, namespace: shop}')
  const { diagnostics } = mergeManifests([
    parseManifest(pod, '1.yaml'),
    parseManifest(`# again\n${pod}${pod}`, '2.yaml'),
  ])
  expect(diagnostics).toMatchObject([
    {
      code: 'duplicate-object',
      message: 'the Pod web in namespace shop is there twice',
      file: '2.yaml',
      line: 4,
      column: 18,
      related: { file: '1.yaml', line: 3, column: 18 },
    },
    { file: '2.yaml', line: 8, related: { file: '1.yaml' } },
  ])
})

test('diagnostics keep their order, counts are added', () => {
  const read = (text: string, file: string) => parseManifest(text, file, { lenient: true })
  const merged = mergeManifests([read('a: 1\n---\nkind: Pod\n', '1.yaml'), read('b: 1\n---\nkind: Pod\n', '2.yaml')])
  expect(merged.skipped).toBe(2)
  expect(merged.diagnostics.map(({ file }) => file)).toEqual(['1.yaml', '2.yaml'])
})
