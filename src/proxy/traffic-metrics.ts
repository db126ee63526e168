import { counter, type Labels, type MetricFamily, type Row } from '../lib/prometheus.ts'
import type { NodeTraffic } from './traffic.ts'

/** For Prometheus. kube-proxy counts none of this, so that there are no names of its own to keep. */
export function trafficMetrics(traffic: readonly NodeTraffic[]): readonly MetricFamily[] {
  const rows = (value: (row: NodeTraffic) => number, more: Labels = {}): readonly Row<number>[] =>
    traffic.map((row) => [{ ...labelsOf(row), ...more }, value(row)])
  const [sent, received] = [{ direction: 'sent' }, { direction: 'received' }]
  return [
    counter(
      'portolan_service_connections_total',
      'Connections that a frontend of a Service has passed to an endpoint.',
      rows(({ connections }) => connections),
    ),
    counter('portolan_service_packets_total', 'Packets between a frontend of a Service and an endpoint.', [
      ...rows((row) => row.sent.packets, sent),
      ...rows((row) => row.received.packets, received),
    ]),
    counter(
      'portolan_service_bytes_total',
      'Bytes between a frontend of a Service and an endpoint, headers included.',
      [...rows((row) => row.sent.bytes, sent), ...rows((row) => row.received.bytes, received)],
    ),
  ]
}

function labelsOf({ node, service, frontend, endpoint }: NodeTraffic): Labels {
  const { namespace = '', name = '', port = '' } = service ?? {}
  return { node, namespace, service: name, port, frontend, endpoint }
}
