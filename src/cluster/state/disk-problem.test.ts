import { expect, test } from 'vitest'
import { diskProblem } from './disk-problem.ts'

test.for<readonly [string, string, number, string]>([
  ['a full disk', 'disk I/O error', 0, 'no space left on device'],
  ['a disk that fails', 'disk I/O error', 1e9, 'disk I/O error'],
  ['a damaged file', 'database disk image is malformed', 0, 'database disk image is malformed'],
])('%s', ([, message, room, said]) => {
  expect(diskProblem(message, () => room)).toBe(said)
})
