import { describe, expect, test } from 'vitest'
import type { IPFamily, Node, Pod, PodStatus, Service, ServiceSpec } from '../api/core.ts'
import { isEndpoint, podAddress, podToEndpoint, serviceFamilies } from './endpoints.ts'

const ready: PodStatus = { phase: 'Running', podIP: '10.244.1.2', conditions: [{ type: 'Ready', status: 'True' }] }
const unready: PodStatus = { ...ready, conditions: [{ type: 'Ready', status: 'False' }] }

function podWith(status: PodStatus, deleted = false, spec: Partial<Pod['spec']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'default',
      name: 'web-0',
      uid: 'u1',
      ...(deleted ? { deletionTimestamp: '2024-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [], nodeName: 'node-1', ...spec },
    status,
  }
}

function serviceWith(spec: ServiceSpec): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'web' }, spec }
}

describe('isEndpoint', () => {
  test.each<[string, PodStatus, boolean]>([
    ['running', ready, true],
    ['not ready', unready, true],
    ['without address', { phase: 'Pending' }, false],
    ['succeeded', { ...ready, phase: 'Succeeded' }, false],
    ['failed', { ...ready, phase: 'Failed' }, false],
  ])('%s', (_name, status, wanted) => {
    expect(isEndpoint(podWith(status))).toBe(wanted)
  })
})

describe('conditions', () => {
  test.each<[string, PodStatus, boolean, boolean, [boolean, boolean, boolean]]>([
    // ready, serving, terminating
    ['ready', ready, false, false, [true, true, false]],
    ['not ready', unready, false, false, [false, false, false]],
    ['terminating, still ready', ready, true, false, [false, true, true]],
    ['terminating, no longer ready', unready, true, false, [false, false, true]],
    ['published, not ready', unready, false, true, [true, false, false]],
    ['published, terminating', ready, true, true, [true, true, true]],
  ])('%s', (_name, status, deleted, publishNotReadyAddresses, [r, serving, terminating]) => {
    const service = serviceWith({ publishNotReadyAddresses })
    const { conditions } = podToEndpoint(podWith(status, deleted), '10.244.1.2', service, undefined)
    expect(conditions).toEqual({ ready: r, serving, terminating })
  })
})

test('an endpoint carries node, zone, Pod, and the hostname where the Pod names the Service as subdomain', () => {
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'a' } },
  }
  const named = podWith(ready, false, { hostname: 'first', subdomain: 'web' })
  expect(podToEndpoint(named, '10.244.1.2', serviceWith({}), node)).toEqual({
    addresses: ['10.244.1.2'],
    conditions: { ready: true, serving: true, terminating: false },
    hostname: 'first',
    nodeName: 'node-1',
    zone: 'a',
    targetRef: { kind: 'Pod', namespace: 'default', name: 'web-0', uid: 'u1' },
  })
  const other = podWith(ready, false, { hostname: 'first', subdomain: 'db' })
  expect(podToEndpoint(other, '10.244.1.2', serviceWith({}), node).hostname).toBeUndefined()
})

test('addresses by family', () => {
  const dual = podWith({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] })
  expect([podAddress(dual, 'IPv4'), podAddress(dual, 'IPv6')]).toEqual(['10.0.0.1', 'fd00::1'])
  expect(podAddress(podWith({ podIP: 'fd00::1' }), 'IPv4')).toBeUndefined()
})

test.each<[ServiceSpec, IPFamily[]]>([
  [{ ipFamilies: ['IPv6', 'IPv4'], clusterIPs: ['fd00::1', '10.0.0.1'] }, ['IPv6', 'IPv4']],
  [{ clusterIPs: ['fd00::1', '10.0.0.1'] }, ['IPv6', 'IPv4']],
  [{ clusterIP: 'fd00::1' }, ['IPv6']],
  [{ clusterIP: 'None' }, ['IPv4']],
  [{}, ['IPv4']],
])('families of %j', (spec, wanted) => {
  expect(serviceFamilies(serviceWith(spec))).toEqual(wanted)
})
