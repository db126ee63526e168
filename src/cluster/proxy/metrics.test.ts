import { expect, test } from 'vitest'
import { renderMetrics } from '../../lib/prometheus.ts'
import type { Endpoint, ServicePortInfo } from '../../model/resolve-services.ts'
import { createProxyMetrics, withoutLocalEndpoints } from './metrics.ts'

type State = 'here' | 'there' | 'here terminating' | 'there terminating' | 'here unready'

function endpoint(state: State): Endpoint {
  const [place, condition] = state.split(' ')
  return {
    ip: '10.0.0.1',
    port: 80,
    nodeName: place === 'here' ? 'n' : 'other',
    ready: condition === undefined,
    serving: condition !== 'unready',
    terminating: condition === 'terminating',
  }
}

function service(
  policies: 'CC' | 'CL' | 'LC' | 'LL',
  nodePort: number,
  ...states: readonly State[]
): readonly ServicePortInfo[] {
  const policy = (letter: string | undefined): 'Cluster' | 'Local' => (letter === 'L' ? 'Local' : 'Cluster')
  return [
    {
      name: { namespace: 'default', name: 'a', port: '', protocol: 'TCP' },
      family: 'IPv4',
      clusterIP: '10.96.0.1',
      port: 80,
      nodePort,
      loadBalancerVIPs: [],
      loadBalancerProxyIPs: [],
      externalIPs: [],
      sourceRanges: [],
      sessionAffinityTimeout: undefined,
      internalTrafficPolicy: policy(policies[0]),
      externalTrafficPolicy: policy(policies[1]),
      healthCheckNodePort: 0,
      algorithm: undefined,
      creationTimestamp: undefined,
      endpoints: states.map(endpoint),
    },
  ]
}

test.each<[string, readonly ServicePortInfo[], number, number]>([
  ['no policy', service('CC', 30000, 'there'), 0, 0],
  ['internal', service('LC', 30000, 'there'), 1, 0],
  ['external', service('CL', 30000, 'there'), 0, 1],
  ['external, but not reachable from outside', service('CL', 0, 'there'), 0, 0],
  ['both', service('LL', 30000, 'there'), 1, 1],
  ['an endpoint here', service('LL', 30000, 'here', 'there'), 0, 0],
  ['one here that is terminating', service('LL', 30000, 'here terminating', 'there'), 0, 0],
  ['one here that is not ready', service('LL', 30000, 'here unready', 'there'), 1, 1],
  ['none anywhere', service('LL', 30000), 0, 0],
])('%s', (_, infos, internal, external) => {
  const none = { internal: 0, external: 0 }
  expect(withoutLocalEndpoints([infos], 'n')).toEqual({ IPv4: { internal, external }, IPv6: none })
  const other = infos.map((info) => ({ ...info, family: 'IPv6' as const }))
  expect(withoutLocalEndpoints([other], 'n')).toEqual({ IPv4: none, IPv6: { internal, external } })
})

const WITHOUT_LOCAL = { IPv4: { internal: 1, external: 0 }, IPv6: { internal: 0, external: 2 } }

test('what was counted, under the names of kube-proxy', () => {
  const metrics = createProxyMetrics()
  metrics.queued(['IPv4', 'IPv6'], { services: 2, endpoints: 3 }, 5000)
  metrics.pass('IPv4', 0.003, true, 6000)
  metrics.pass('IPv4', 0.0005, false, 7000)
  metrics.failed('IPv6')
  metrics.unclean('IPv6')
  metrics.programmed('IPv4', 0.4)
  metrics.answered('healthz', 503)
  metrics.cleaned('IPv4', 0.001, 5)
  metrics.cleaned('IPv4', 0.001, 0)
  const lines = renderMetrics(metrics.families(WITHOUT_LOCAL)).split('\n')
  const v4 = 'ip_family="IPv4"'
  expect(lines).toEqual(
    expect.arrayContaining([
      `kubeproxy_sync_proxy_rules_duration_seconds_bucket{${v4},le="0.001"} 1`,
      `kubeproxy_sync_proxy_rules_duration_seconds_bucket{${v4},le="0.004"} 2`,
      `kubeproxy_sync_proxy_rules_duration_seconds_bucket{${v4},le="16.384"} 2`,
      `kubeproxy_sync_full_proxy_rules_duration_seconds_count{${v4}} 1`,
      `kubeproxy_sync_partial_proxy_rules_duration_seconds_count{${v4}} 1`,
      `kubeproxy_network_programming_duration_seconds_bucket{${v4},le="0.5"} 1`,
      `kubeproxy_network_programming_duration_seconds_bucket{${v4},le="300"} 1`,
      `kubeproxy_sync_proxy_rules_last_timestamp_seconds{${v4}} 7`,
      `kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{${v4}} 5`,
      `kubeproxy_sync_proxy_rules_service_changes_total 2`,
      `kubeproxy_sync_proxy_rules_endpoint_changes_total 3`,
      `kubeproxy_sync_proxy_rules_service_changes_pending 2`,
      `kubeproxy_sync_proxy_rules_endpoint_changes_pending 3`,
      `kubeproxy_conntrack_reconciler_sync_duration_seconds_count{${v4}} 2`,
      `kubeproxy_conntrack_reconciler_deleted_entries_total{${v4}} 5`,
      'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv6"} 1',
      'kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total{ip_family="IPv6"} 1',
      `kubeproxy_sync_proxy_rules_no_local_endpoints_total{${v4},traffic_policy="internal"} 1`,
      'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv6",traffic_policy="external"} 2',
      'kubeproxy_proxy_healthz_total{code="503"} 1',
    ]),
  )
  metrics.written('IPv4')
  expect(renderMetrics(metrics.families(WITHOUT_LOCAL))).toContain('service_changes_pending 2\n')
  metrics.written('IPv6')
  const written = renderMetrics(metrics.families(WITHOUT_LOCAL))
  expect(written).toContain(`kubeproxy_sync_proxy_rules_service_changes_pending 0`)
  expect(written).toContain(`kubeproxy_sync_proxy_rules_service_changes_total 2`)
})
