import { expect, test } from 'vitest'
import { readJsonList } from './read-lists.ts'

const named = { metadata: { name: 'a' } }

test.for<readonly [string, string, readonly unknown[] | undefined]>([
  [
    'a List',
    JSON.stringify({ kind: 'List', items: [{ kind: 'Pod', ...named }] }),
    [{ kind: 'Pod', value: { kind: 'Pod', ...named } }],
  ],
  [
    'a typed list, whose items leave out what they are',
    JSON.stringify({ kind: 'ServiceList', apiVersion: 'v1', items: [named] }),
    [{ kind: 'Service', value: { kind: 'Service', apiVersion: 'v1', ...named } }],
  ],
  [
    'kinds that nobody knows',
    JSON.stringify({ kind: 'XList', items: [named] }),
    [{ kind: 'X', value: { kind: 'X', ...named } }],
  ],
  ['no JSON', 'kind: List', undefined],
  ['no list', JSON.stringify({ kind: 'Pod', ...named }), undefined],
  ['an item without a name', JSON.stringify({ kind: 'PodList', items: [{}] }), undefined],
  ['a field of a wrong type', JSON.stringify({ kind: 'PodList', items: [{ ...named, spec: 1 }] }), undefined],
])('%s', ([, text, objects]) => {
  const found = readJsonList(text)
  expect(found?.map(({ kind, value }) => ({ kind, value }))).toEqual(
    objects?.map((object) => expect.objectContaining(JSON.parse(JSON.stringify(object)))),
  )
})
