import { expect, test } from 'vitest'
import { editDistance, suggest } from './suggest.ts'

test.each([
  ['', '', 0],
  ['', 'abc', 3],
  ['kitten', 'sitting', 3],
  ['Servce', 'Service', 1],
  ['Pdo', 'Pod', 1],
  ['abc', 'cba', 2],
])('distance of %j and %j', (left, right, expected) => {
  expect([editDistance(left, right), editDistance(right, left)]).toEqual([expected, expected])
})

test.each([
  ['targetport', 'targetPort'],
  ['trgetPort', 'targetPort'],
  ['prot', 'port'],
  ['ports', 'port'],
  ['protocol', undefined],
  ['x', undefined],
  ['p', undefined],
  ['x'.repeat(1000), undefined],
])('%s -> %s', (name, expected) => {
  expect(suggest(name, ['port', 'targetPort', 'nodePort'])).toBe(expected)
})
