import { expect, test } from 'vitest'
import { ALGORITHM_ANNOTATION, algorithmOf, warningsForAlgorithm } from './algorithm.ts'

test.each<[string | undefined, ReturnType<typeof algorithmOf>, string]>([
  [undefined, undefined, ''],
  ['round-robin', 'round-robin', ''],
  ['random', 'random', ''],
  ['source-hash', 'source-hash', ''],
  ['least-connections', 'least-connections', ''],
  [
    'leastconn',
    undefined,
    '"leastconn" is not known and ignored; use round-robin, random, source-hash, least-connections',
  ],
  ['', undefined, '"" is not known and ignored; use round-robin, random, source-hash, least-connections'],
])('%s', (text, algorithm, warning) => {
  const annotations = text === undefined ? undefined : { [ALGORITHM_ANNOTATION]: text }
  expect(algorithmOf(annotations)).toBe(algorithm)
  const expected = warning === '' ? [] : [`metadata.annotations[portolan.dev/algorithm]: ${warning}`]
  expect(warningsForAlgorithm(annotations)).toEqual(expected)
})
