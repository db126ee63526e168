import { expect, test } from 'vitest'
import type { Endpoint, ServicePortInfo } from '../model/resolve-services.ts'
import { healthAnswer, healthChecks } from './health-check.ts'

const endpoint = (ip: string, nodeName: string, state: Partial<Endpoint> = {}): Endpoint => ({
  ip,
  port: 8080,
  nodeName,
  ready: true,
  serving: true,
  terminating: false,
  ...state,
})

const port = (name: string, healthCheckNodePort: number, endpoints: readonly Endpoint[]): ServicePortInfo => ({
  name: { namespace: 'shop', name: 'web', port: name, protocol: 'TCP' },
  family: 'IPv4',
  clusterIP: '10.96.0.10',
  port: 80,
  nodePort: 30080,
  loadBalancerVIPs: [],
  loadBalancerProxyIPs: [],
  externalIPs: [],
  sourceRanges: [],
  sessionAffinityTimeout: undefined,
  externalTrafficPolicy: 'Local',
  internalTrafficPolicy: 'Cluster',
  healthCheckNodePort,
  algorithm: undefined,
  creationTimestamp: undefined,
  endpoints,
})

test('counts ready endpoints of the node, each address once over all ports', () => {
  const endpoints = [
    endpoint('10.244.1.2', 'node-1'),
    endpoint('10.244.1.3', 'node-1', { ready: false }),
    endpoint('10.244.1.4', 'node-1', { terminating: true }),
    endpoint('10.244.2.2', 'node-2'),
  ]
  const services = [port('http', 32000, endpoints), port('https', 32000, endpoints), port('plain', 0, endpoints)]
  const service = { namespace: 'shop', name: 'web' }
  expect(healthChecks(services, 'node-1')).toEqual([{ port: 32000, service, localEndpoints: 1 }])
  expect(healthChecks(services, 'node-3')).toEqual([{ port: 32000, service, localEndpoints: 0 }])
})

test.each([
  [1, true, 200],
  [0, true, 503],
  [3, false, 503],
])('%d local endpoints, proxy healthy %s: %d', (localEndpoints, isHealthy, status) => {
  const check = { port: 32000, service: { namespace: 'shop', name: 'web' }, localEndpoints }
  const answer = healthAnswer(check, isHealthy)
  expect(answer.status).toBe(status)
  expect(answer.headers['X-Load-Balancing-Endpoint-Weight']).toBe(String(localEndpoints))
  expect(JSON.parse(answer.body)).toEqual({ service: check.service, localEndpoints, serviceProxyHealthy: isHealthy })
})
