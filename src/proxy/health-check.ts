import type { ServicePortInfo } from '../model/resolve-services.ts'

/** What a load balancer asks a node about a Service: whether it has an endpoint of its own. */
export interface HealthCheck {
  /** healthCheckNodePort. */
  readonly port: number
  readonly service: { readonly namespace: string; readonly name: string }
  /** Distinct ready endpoint addresses on the node, over all ports of the Service. */
  readonly localEndpoints: number
}

export interface HealthAnswer {
  readonly status: 200 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Of every Service that has one: type LoadBalancer with externalTrafficPolicy Local. In order of port. */
export function healthChecks(services: readonly ServicePortInfo[], nodeName: string): readonly HealthCheck[] {
  const found = new Map<number, { service: HealthCheck['service']; addresses: Set<string> }>()
  for (const { healthCheckNodePort, name, endpoints } of services) {
    if (healthCheckNodePort === 0) continue
    const { namespace, name: serviceName } = name
    const check = found.get(healthCheckNodePort) ?? { service: { namespace, name: serviceName }, addresses: new Set() }
    found.set(healthCheckNodePort, check)
    for (const { ip, ready, terminating, nodeName: place } of endpoints) {
      if (place === nodeName && ready && !terminating) check.addresses.add(ip)
    }
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([port, { service, addresses }]) => ({ port, service, localEndpoints: addresses.size }))
}

/** The answer to any path, as kube-proxy gives it. */
export function healthAnswer({ service, localEndpoints }: HealthCheck, isProxyHealthy: boolean): HealthAnswer {
  return {
    status: localEndpoints > 0 && isProxyHealthy ? 200 : 503,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
    },
    body: `${JSON.stringify({ service, localEndpoints, serviceProxyHealthy: isProxyHealthy }, null, '\t')}\n`,
  }
}
