import { expect, test } from 'vitest'
import type { Node } from '../../api/core.ts'
import { createProxyHealth, type ProxyTime } from './health.ts'

function manualTime(): ProxyTime & { pass(milliseconds: number): void; set(by: number): void } {
  let [wall, elapsed] = [0, 0]
  return {
    wall: () => wall,
    elapsed: () => elapsed,
    pass(milliseconds) {
      wall += milliseconds
      elapsed += milliseconds
    },
    set: (by) => void (wall += by),
  }
}

const node: Node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } }
const leaving: Node = { ...node, spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } }

test.each<[string, Node | undefined, number]>([
  ['a Node', node, 200],
  ['another taint', { ...node, spec: { taints: [{ key: 'a/b', effect: 'NoSchedule' }] } }, 200],
  ['no Node', undefined, 503],
  [
    'a Node that is being deleted',
    { ...node, metadata: { name: 'n', deletionTimestamp: '2026-01-01T00:00:00Z' } },
    503,
  ],
  ['a Node that the autoscaler takes away', leaving, 503],
])('%s', (_, object, status) => {
  const health = createProxyHealth(manualTime())
  health.written('IPv4')
  expect(health.healthz(object).status).toBe(status)
  expect(health.livez().status).toBe(200)
})

test.each([
  ['a change that waits for a minute', 60_000, true],
  ['for longer', 60_001, false],
])('%s', (_, wait, healthy) => {
  const time = manualTime()
  const health = createProxyHealth(time)
  health.written('IPv6')
  health.queued('IPv4')
  time.pass(50_000)
  // A second change does not make the first one younger.
  health.queued('IPv4')
  time.pass(wait - 50_000)
  expect(health.isHealthy()).toBe(healthy)
  expect(health.livez().status).toBe(healthy ? 200 : 503)
  health.written('IPv4')
  time.pass(200_000)
  expect(health.isHealthy()).toBe(true)
})

test('another syncPeriod', () => {
  const time = manualTime()
  const health = createProxyHealth(time, 10_000)
  health.queued('IPv4')
  time.pass(10_001)
  expect(health.isHealthy()).toBe(false)
})

test.each([
  ['forward', 3_600_000],
  ['backward', -3_600_000],
])('a clock that is set %s by an hour: a change has waited no longer, and no shorter', (_, jump) => {
  const time = manualTime()
  const health = createProxyHealth(time)
  health.queued('IPv4')
  time.set(jump)
  expect(health.isHealthy()).toBe(true)
  time.pass(60_001)
  expect(health.isHealthy()).toBe(false)
})

test('the body, as kube-proxy writes it', () => {
  const time = manualTime()
  const health = createProxyHealth(time)
  time.pass(1000)
  health.written('IPv4')
  time.pass(1000)
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const common = {
    lastUpdated: at(1),
    currentTime: at(2),
    healthy: true,
    status: { IPv4: { lastUpdated: at(1), healthy: true } },
  }
  expect(JSON.parse(health.healthz(node).body)).toEqual({ ...common, nodeEligible: true })
  expect(JSON.parse(health.livez().body)).toEqual(common)
})
