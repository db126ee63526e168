import { expect, test } from 'vitest'
import type { Node } from '../api/core.ts'
import { createProxyHealth } from './proxy-health.ts'

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
  const health = createProxyHealth(0)
  health.written('IPv4', 10)
  expect(health.healthz(object, 20).status).toBe(status)
  expect(health.livez(20).status).toBe(200)
})

test.each([
  ['a change that waits for a minute', 60_000, true],
  ['for longer', 60_001, false],
])('%s', (_, wait, healthy) => {
  const health = createProxyHealth(0)
  health.written('IPv6', 5)
  health.queued('IPv4', 100)
  // A second change does not make the first one younger.
  health.queued('IPv4', 50_000)
  expect(health.isHealthy(100 + wait)).toBe(healthy)
  expect(health.livez(100 + wait).status).toBe(healthy ? 200 : 503)
  health.written('IPv4', 100 + wait)
  expect(health.isHealthy(200_000 + wait)).toBe(true)
})

test('the body, as kube-proxy writes it', () => {
  const health = createProxyHealth(0)
  health.written('IPv4', 1000)
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString()
  const common = {
    lastUpdated: at(1),
    currentTime: at(2),
    healthy: true,
    status: { IPv4: { lastUpdated: at(1), healthy: true } },
  }
  expect(JSON.parse(health.healthz(node, 2000).body)).toEqual({ ...common, nodeEligible: true })
  expect(JSON.parse(health.livez(2000).body)).toEqual(common)
})
