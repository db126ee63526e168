import { expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import { renderMetrics } from '../../lib/prometheus.ts'
import { emptySnapshot, snapshotOf } from '../../model/snapshot.ts'
import { createDnsProgramming } from './programming.ts'

const START = Date.parse('2026-11-25T12:00:00Z')

function service(clusterIP: string): AnyObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: 'data' }, spec: { clusterIP } }
}

function slice(changed: string | undefined, of = 'db'): AnyObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: 'db-1',
      namespace: 'data',
      labels: { 'kubernetes.io/service-name': of },
      ...(changed === undefined
        ? {}
        : { annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': changed } }),
    },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.244.1.2'] }],
    ports: [],
  }
}

/** The buckets below 20 ms, the sum and the count; nothing where nothing was counted. */
function counted(...objects: readonly AnyObject[]): readonly string[] {
  let now = START
  const programming = createDnsProgramming(() => now)
  now += 10_003
  programming.served(emptySnapshot(), snapshotOf(objects))
  const lines = renderMetrics(programming.families()).split('\n')
  const label = 'service_kind="headless_with_selector"'
  return lines
    .filter((line) => /_(sum|count)\{|le="0\.0(02|04|08|16)"/.test(line))
    .map((line) => line.replace('coredns_kubernetes_dns_programming_duration_seconds', '').replace(label, 'KIND'))
}

const ONE = [
  '_bucket{KIND,le="0.002"} 0',
  '_bucket{KIND,le="0.004"} 1',
  '_bucket{KIND,le="0.008"} 1',
  '_bucket{KIND,le="0.016"} 1',
  '_sum{KIND} 0.003',
  '_count{KIND} 1',
]

test.for<readonly [string, readonly AnyObject[], readonly string[]]>([
  ['a headless Service', [service('None'), slice('2026-11-25T12:00:10Z')], ONE],
  ['one with an address', [service('10.96.0.9'), slice('2026-11-25T12:00:10Z')], []],
  ['a slice of nobody', [slice('2026-11-25T12:00:10Z')], []],
  ['endpoints by hand', [service('None'), slice(undefined)], []],
  ['what was there before the start', [service('None'), slice('2026-11-25T11:59:59Z')], []],
  ['what is no time', [service('None'), slice('yesterday')], []],
])('%s', ([, objects, expected]) => {
  expect(counted(...objects)).toEqual(expected)
})

test('a clock that is behind that of the controller counts as no time', () => {
  expect(counted(service('None'), slice('2026-11-25T12:00:11Z')).at(-2)).toBe('_sum{KIND} 0')
})
