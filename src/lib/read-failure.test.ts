import { expect, test } from 'vitest'
import { readFailure } from './read-failure.ts'

const withCode = (code: string): Error => Object.assign(new Error(`${code}: the system's own words`), { code })

test.each([
  ['ENOENT', 'no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'this is a folder, not a file'],
  ['ENOTDIR', 'a part of this path is a file, not a folder'],
  ['EIO', "EIO: the system's own words"],
])('%s: %s', (code, words) => {
  expect(readFailure(withCode(code))).toBe(words)
})

test('a path that may be either, and what is no error', () => {
  expect(readFailure(withCode('ENOENT'), 'file or folder')).toBe('no such file or folder')
  expect(readFailure('gone')).toBe('gone')
})
