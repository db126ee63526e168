import { expect, test } from 'vitest'
import { counter, createHistogram, exponentialBounds, gauge, histogram, renderMetrics } from './prometheus.ts'

test('counters and gauges, with and without labels', () => {
  const families = [
    counter('requests_total', 'Requests.', [
      [{ code: '200', family: 'IPv4' }, 3],
      [{ code: '503' }, 0],
    ]),
    gauge('last_seconds', 'Time.', [[{}, 1.5]]),
  ]
  expect(renderMetrics(families)).toBe(
    [
      '# HELP requests_total Requests.',
      '# TYPE requests_total counter',
      'requests_total{code="200",family="IPv4"} 3',
      'requests_total{code="503"} 0',
      '# HELP last_seconds Time.',
      '# TYPE last_seconds gauge',
      'last_seconds 1.5',
      '',
    ].join('\n'),
  )
})

test('a histogram counts a value in every bucket from its own on', () => {
  const seconds = createHistogram([0.5, 1])
  for (const value of [0.25, 0.5, 0.75, 4]) seconds.observe(value)
  expect(renderMetrics([histogram('took_seconds', 'Time.', [[{ family: 'IPv6' }, seconds]])])).toBe(
    [
      '# HELP took_seconds Time.',
      '# TYPE took_seconds histogram',
      'took_seconds_bucket{family="IPv6",le="0.5"} 2',
      'took_seconds_bucket{family="IPv6",le="1"} 3',
      'took_seconds_bucket{family="IPv6",le="+Inf"} 4',
      'took_seconds_sum{family="IPv6"} 5.5',
      'took_seconds_count{family="IPv6"} 4',
      '',
    ].join('\n'),
  )
})

test.each([
  ['a "b"', '{x="a \\"b\\""}'],
  ['C:\\new', '{x="C:\\\\new"}'],
  ['two\nlines', '{x="two\\nlines"}'],
])('the label %j is escaped', (value, labels) => {
  expect(renderMetrics([gauge('g', 'G.', [[{ x: value }, 1]])])).toContain(`\ng${labels} 1\n`)
})

test.each([
  [Infinity, '+Inf'],
  [-Infinity, '-Inf'],
  [NaN, 'NaN'],
  [1e21, '1e+21'],
])('the number %d', (value, text) => {
  expect(renderMetrics([gauge('g', 'G.', [[{}, value]])])).toContain(`\ng ${text}\n`)
})

test('help is escaped, and a family without samples says nothing', () => {
  expect(renderMetrics([gauge('g', 'a\\b\n"c"', [[{}, 1]]), counter('none_total', 'None.', [])])).toBe(
    '# HELP g a\\\\b\\n"c"\n# TYPE g gauge\ng 1\n',
  )
})

test('bounds double', () => {
  expect(exponentialBounds(0.001, 2, 4)).toEqual([0.001, 0.002, 0.004, 0.008])
})
