import { expect, test } from 'vitest'
import type { EndpointSlice } from '../../api/discovery.ts'
import type { Service } from '../../api/core.ts'
import { renderMetrics } from '../../lib/prometheus.ts'
import { emptySnapshot, snapshotOf } from '../../model/snapshot.ts'
import { countChanges } from './change-metrics.ts'
import { createProxyHealth } from './health.ts'
import { createProxyMetrics, type ProxyMetrics } from './metrics.ts'

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'a', namespace: 'default' },
  spec: { ports: [{ port: 80 }] },
}
const slice = (changedAt: string): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name: 'a-1',
    namespace: 'default',
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': changedAt },
  },
  addressType: 'IPv4',
  endpoints: [],
})

const NONE = { IPv4: { internal: 0, external: 0 }, IPv6: { internal: 0, external: 0 } }

function read(metrics: ProxyMetrics): Readonly<Record<string, string>> {
  const lines = renderMetrics(metrics.families(NONE)).split('\n')
  const found = lines.flatMap((line) => {
    const [, name = '', value = ''] = /^kubeproxy_([a-z_]+)(?:\{ip_family="IPv4"\})? (.*)$/.exec(line) ?? []
    return name === '' ? [] : [[name.replace('sync_proxy_rules_', ''), value]]
  })
  return Object.fromEntries(found)
}

test('changes are counted, and wait as long as they are not in the kernel', () => {
  const [health, metrics] = [createProxyHealth(), createProxyMetrics()]
  const changes = countChanges(metrics, health, emptySnapshot(), 0)
  changes.before(snapshotOf([service]), ['IPv4'])
  health.queued('IPv4')
  changes.after(['IPv4'])
  expect(read(metrics)).toMatchObject({ service_changes_total: '1', service_changes_pending: '1' })
  health.written('IPv4')
  // Nothing that the rules would show.
  changes.before(snapshotOf([{ ...service, metadata: { ...service.metadata, labels: { a: 'b' } } }]), ['IPv4'])
  changes.after(['IPv4'])
  expect(read(metrics)).toMatchObject({
    service_changes_total: '2',
    service_changes_pending: '0',
    endpoint_changes_total: '0',
  })
})

test.each([
  ['since the start', 1, '1'],
  ['before it', -1, '0'],
])('endpoints that were changed %s', (_, offset, count) => {
  const [health, metrics] = [createProxyHealth(), createProxyMetrics()]
  const startedAt = Date.UTC(2026, 0, 1)
  const changes = countChanges(metrics, health, emptySnapshot(), startedAt)
  changes.before(snapshotOf([slice(new Date(startedAt + offset * 1000).toISOString())]), ['IPv4'])
  changes.after(['IPv4'])
  expect(read(metrics)).toMatchObject({
    endpoint_changes_total: '1',
    network_programming_duration_seconds_count: count,
  })
})
