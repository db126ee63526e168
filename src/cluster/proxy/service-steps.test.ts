import { expect, test } from 'vitest'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { inSteps } from './service-steps.ts'

const map = (text: string): OrderedMap<string> =>
  OrderedMap.from(
    text
      .split('')
      .map((character, i) => [String(i), character] as const)
      .filter(([, c]) => c !== ' '),
  )
const text = (state: OrderedMap<string>): string => [...state].map(([key, value]) => key + value).join(' ')

test.each<readonly [string, string, number, readonly string[]]>([
  ['', '', 2, ['']],
  ['ab', 'ab', 2, ['0a 1b']],
  ['', 'abc', 2, ['0a 1b', '0a 1b 2c']],
  ['abc', 'xyz', 3, ['0x 1y 2z']],
  ['abcd', '  xy', 1, ['0a 1b 2x 3d', '0a 1b 2x 3y', '1b 2x 3y', '2x 3y']],
])('%j to %j by %d', (before, after, most, wanted) => {
  const end = map(after)
  const steps = [...inSteps(map(before), end, most)]
  expect(steps.map(text)).toEqual(wanted)
  expect(steps.at(-1)).toBe(end)
})
