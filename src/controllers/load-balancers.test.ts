import { describe, expect, test } from 'vitest'
import type { Service, ServiceSpec } from '../api/core.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { get, list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { reconcileToFixedPoint } from './fixed-point.ts'
import { LOAD_BALANCER_CONDITION, loadBalancerController } from './load-balancers.ts'

function configWith(loadBalancerCIDR: string): ClusterConfig {
  const config = parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, loadBalancerCIDR })
  if (!('clusterDomain' in config)) throw new Error(config.join('\n'))
  return config
}

const config = configWith('203.0.113.0/24')
const DUAL = '203.0.113.0/30,fd00:1::/64'

/** `a@10:80 asks 203.0.113.20`: Service a, created at second 10, port 80, with spec.loadBalancerIP. */
function service(text: string, extra: Partial<ServiceSpec> = {}): Service {
  const [, name = '', second = '', port = '', wanted] = /^(\w+)@(\d+):(\d+)(?: asks (\S+))?$/.exec(text) ?? []
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name, creationTimestamp: `2024-01-01T00:00:${second}Z` },
    spec: {
      type: 'LoadBalancer',
      ports: [{ port: Number(port) }],
      ...(wanted === undefined ? {} : { loadBalancerIP: wanted }),
      ...extra,
    },
  }
}

function addresses(snapshot: Snapshot): Record<string, string> {
  const entries = list(snapshot, 'Service').map(({ metadata, status }): [string, string] => [
    metadata.name,
    (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip).join(' '),
  ])
  return Object.fromEntries(entries)
}

const settle = (snapshot: Snapshot, previous?: Snapshot, settings = config): Snapshot =>
  reconcileToFixedPoint(snapshot, [loadBalancerController], settings, previous).snapshot

const ROWS: readonly [string, string[], Record<string, string>][] = [
  ['from .10 up, the oldest first', ['a@20:80', 'b@10:80'], { a: '203.0.113.11', b: '203.0.113.10' }],
  ['by name where they are equally old', ['b@10:80', 'a@10:80'], { a: '203.0.113.10', b: '203.0.113.11' }],
  ['an asked-for address', ['a@10:80 asks 203.0.113.200'], { a: '203.0.113.200' }],
  ['asked for by a younger one', ['a@10:80', 'b@20:80 asks 203.0.113.10'], { a: '203.0.113.11', b: '203.0.113.10' }],
  ['outside the range', ['a@10:80 asks 192.0.2.1'], { a: '' }],
  [
    'shared, other ports',
    ['a@10:80 asks 203.0.113.9', 'b@20:81 asks 203.0.113.9'],
    { a: '203.0.113.9', b: '203.0.113.9' },
  ],
  ['not shared, same port', ['a@10:80 asks 203.0.113.9', 'b@20:80 asks 203.0.113.9'], { a: '203.0.113.9', b: '' }],
]

describe('load-balancer addresses', () => {
  test.each(ROWS)('%s', (_name, services, wanted) => {
    expect(addresses(settle(snapshotOf(services.map((text) => service(text)))))).toEqual(wanted)
  })

  test('ingress says ipMode VIP', () => {
    const found = get(settle(snapshotOf([service('a@10:80')])), 'Service', 'default/a')
    expect(found?.status?.loadBalancer).toEqual({ ingress: [{ ip: '203.0.113.10', ipMode: 'VIP' }] })
  })

  test('why there is none stands in a condition, which goes when it is there', () => {
    const taken = settle(snapshotOf([service('a@10:80 asks 203.0.113.9'), service('b@20:80 asks 203.0.113.9')]))
    const message = '203.0.113.9 is taken: Service default/a has its port 80/TCP'
    const failure = { type: LOAD_BALANCER_CONDITION, status: 'False', reason: 'NoAddress', message }
    expect(get(taken, 'Service', 'default/b')?.status).toEqual({ conditions: [failure], loadBalancer: {} })
    const objects = { ...taken.objects, Service: taken.objects.Service.delete('default/a') }
    const freed = settle({ ...taken, objects }, taken)
    expect(get(freed, 'Service', 'default/b')?.status).toEqual({
      loadBalancer: { ingress: [{ ip: '203.0.113.9', ipMode: 'VIP' }] },
    })
  })

  test('an address stays when an older Service comes', () => {
    const first = settle(snapshotOf([service('b@20:80')]))
    const objects = { ...first.objects, Service: first.objects.Service.set('default/a', service('a@10:80')) }
    expect(addresses(settle({ ...first, objects }, first))).toEqual({ a: '203.0.113.11', b: '203.0.113.10' })
  })

  test('a Service that is no longer a LoadBalancer loses its address', () => {
    const first = settle(snapshotOf([service('a@10:80')]))
    const a = get(first, 'Service', 'default/a')
    if (a === undefined) throw new Error('gone')
    const changed: Service = { ...a, spec: { ...a.spec, type: 'ClusterIP' } }
    const objects = { ...first.objects, Service: first.objects.Service.set('default/a', changed) }
    expect(addresses(settle({ ...first, objects }, first))).toEqual({ a: '' })
  })

  test('a class is for somebody else, other types have none', () => {
    const others = [service('a@10:80', { loadBalancerClass: 'x.example/y' }), service('b@10:80', { type: 'NodePort' })]
    expect(addresses(settle(snapshotOf(others)))).toEqual({ a: '', b: '' })
  })

  test('both families, a small range, and an end', () => {
    const dual = service('a@10:80', { ipFamilies: ['IPv4', 'IPv6'] })
    const settings = configWith(DUAL)
    const found = settle(snapshotOf([dual, service('b@11:80'), service('c@12:80')]), undefined, settings)
    expect(addresses(found)).toEqual({ a: '203.0.113.1 fd00:1::a', b: '203.0.113.2', c: '' })
  })
  test('a Service that becomes dual stack keeps its address, and one that no longer is loses the second', () => {
    const settings = configWith(DUAL)
    const change = (before: Snapshot, ipFamilies: ServiceSpec['ipFamilies']): Snapshot => {
      const a = get(before, 'Service', 'default/a')
      if (a === undefined || ipFamilies === undefined) throw new Error('gone')
      const objects = {
        ...before.objects,
        Service: before.objects.Service.set('default/a', { ...a, spec: { ...a.spec, ipFamilies } }),
      }
      return settle({ ...before, objects }, before, settings)
    }
    const first = settle(snapshotOf([service('b@10:80'), service('a@11:80')]), undefined, settings)
    const dual = change(first, ['IPv4', 'IPv6'])
    expect(addresses(dual)).toEqual({ a: '203.0.113.2 fd00:1::a', b: '203.0.113.1' })
    expect(addresses(change(dual, ['IPv6']))).toEqual({ a: 'fd00:1::a', b: '203.0.113.1' })
  })
})
