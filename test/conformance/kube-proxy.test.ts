/** The list of kube-proxy's behaviours in the documents, and the tests that it names. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** As many as there are. */
const COUNT = 73

const rows = [...read('docs/kube-proxy.md').matchAll(/^\| (\d+) \| (.+) \| (\[.+) \|$/gm)].map(
  ([, number = '', behaviour = '', shown = '']) => ({ number: Number(number), behaviour, shown }),
)

test('each of them is there once, and is shown', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1))
  expect(new Set(rows.map(({ behaviour }) => behaviour)).size).toBe(COUNT)
})

test.each(rows)('$number: $behaviour', ({ shown }) => {
  for (const [, file = '', names = ''] of shown.matchAll(/\]\(\.\.\/([^)]+)\): ([^\]]+?)(?=; \[|$)/g)) {
    const source = read(file).replaceAll("\\'", "'")
    for (const [, name = ''] of names.matchAll(/`([^`]+)`/g)) expect(source).toContain(name)
  }
})
