import { expect, test } from 'vitest'
import { naturalOrder } from './order.ts'

test('numbers in names count as numbers', () => {
  const names = ['node-10', 'node-2', 'node', 'node-1', 'a10b2', 'a10b10', 'node-02']
  expect(names.sort(naturalOrder)).toEqual(['a10b2', 'a10b10', 'node', 'node-1', 'node-02', 'node-2', 'node-10'])
})
