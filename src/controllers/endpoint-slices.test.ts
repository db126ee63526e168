import { describe, expect, test } from 'vitest'
import type { Container, Node, Pod, Service, ServiceSpec } from '../api/core.ts'
import type { EndpointSlice } from '../api/discovery.ts'
import type { AnyObject } from '../api/kinds.ts'
import { list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { endpointSliceController, reconcileEndpointSlices } from './endpoint-slices.ts'
import { applyChange } from './fixed-point.ts'

function node(name: string, zone?: string): Node {
  const labels = zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }
}

function pod(
  number: number,
  ports: Container['ports'] = [],
  extra: Partial<Pod['metadata']> = {},
  ips: string[] = [],
): Pod {
  const [podIP = `10.244.1.${number}`, ...more] = ips
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: `web-${number}`, labels: { app: 'web' }, uid: `p${number}`, ...extra },
    spec: { nodeName: 'node-1', containers: [{ name: 'web', ports }] },
    status: {
      phase: 'Running',
      podIP,
      podIPs: [podIP, ...more].map((ip) => ({ ip })),
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  }
}

function service(spec: ServiceSpec = {}, uid = 's1'): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', uid, labels: { team: 'a' } },
    spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }], ...spec },
  }
}

function settle(snapshot: Snapshot): Snapshot {
  const after = reconcileEndpointSlices(snapshot, 'default/web', 0).reduce(applyChange, snapshot)
  expect(reconcileEndpointSlices(after, 'default/web', 1)).toEqual([])
  return after
}

const slices = (...objects: AnyObject[]): readonly EndpointSlice[] => list(settle(snapshotOf(objects)), 'EndpointSlice')

const changedAt = ({ metadata }: EndpointSlice): string | undefined =>
  metadata.annotations?.['endpoints.kubernetes.io/last-change-trigger-time']

/** `IPv4 http:80 10.244.1.1 10.244.1.2`, sorted. */
const show = (found: readonly EndpointSlice[]): readonly string[] =>
  found
    .map(({ addressType, ports = [], endpoints }) =>
      [addressType, ...ports.map(({ name, port }) => `${name}:${port}`), ...endpoints.map((e) => e.addresses[0])].join(
        ' ',
      ),
    )
    .sort()

const named = (port: number): Container['ports'] => [{ name: 'http', containerPort: port }]
const toName: ServiceSpec = { ports: [{ name: 'http', port: 80, targetPort: 'http' }] }
const deleted = { deletionTimestamp: '2024-01-01T00:00:00Z' }

describe('slices', () => {
  test.each<[string, AnyObject[], string[]]>([
    ['ready Pods', [service(), node('node-1'), pod(1), pod(2)], ['IPv4 http:80 10.244.1.1 10.244.1.2']],
    ['no Pods: a placeholder', [service(), node('node-1')], ['IPv4']],
    ['terminating Pods stay in', [service(), node('node-1'), pod(1, [], deleted)], ['IPv4 http:80 10.244.1.1']],
    ['a Pod on a node that is not there', [service(), pod(1)], ['IPv4']],
    ['the same, published', [service({ publishNotReadyAddresses: true }), pod(1)], ['IPv4 http:80 10.244.1.1']],
    [
      'a name that differs from Pod to Pod',
      [service(toName), node('node-1'), pod(1, named(8080)), pod(2, named(8081)), pod(3, named(8080))],
      ['IPv4 http:8080 10.244.1.1 10.244.1.3', 'IPv4 http:8081 10.244.1.2'],
    ],
    [
      'a name that a Pod lacks',
      [service(toName), node('node-1'), pod(1, named(8080)), pod(2)],
      ['IPv4 10.244.1.2', 'IPv4 http:8080 10.244.1.1'],
    ],
    [
      'headless without ports',
      [service({ clusterIP: 'None', ports: [] }), node('node-1'), pod(1)],
      ['IPv4 10.244.1.1'],
    ],
    [
      'both families',
      [service({ ipFamilies: ['IPv4', 'IPv6'] }), node('node-1'), pod(1, [], {}, ['10.244.1.1', 'fd00::1'])],
      ['IPv4 http:80 10.244.1.1', 'IPv6 http:80 fd00::1'],
    ],
    [
      'both families, Pods of one',
      [service({ ipFamilies: ['IPv4', 'IPv6'] }), node('node-1'), pod(1)],
      ['IPv4 http:80 10.244.1.1', 'IPv6'],
    ],
    ['no selector', [service({ selector: {} }), node('node-1'), pod(1)], []],
    ['ExternalName', [service({ type: 'ExternalName', externalName: 'x.example' }), node('node-1'), pod(1)], []],
  ])('%s', (_name, objects, wanted) => {
    expect(show(slices(...objects))).toEqual(wanted)
  })

  test('250 Pods need three slices; one more changes one', () => {
    const pods = Array.from({ length: 250 }, (_, i) => pod(i))
    const before = settle(snapshotOf([service(), node('node-1'), ...pods]))
    expect(
      list(before, 'EndpointSlice')
        .map(({ endpoints }) => endpoints.length)
        .sort((a, b) => b - a),
    ).toEqual([100, 100, 50])
    const after = applyChange(before, { verb: 'create', object: pod(250) })
    expect(reconcileEndpointSlices(after, 'default/web', 1).map(({ verb }) => verb)).toEqual(['update'])
    const last = reconcileEndpointSlices(after, 'default/web', 1).reduce(applyChange, after)
    expect(list(last, 'EndpointSlice').map((slice) => [slice.endpoints.length, changedAt(slice)])).toEqual(
      expect.arrayContaining([
        [100, '1970-01-01T00:00:00.000Z'],
        [100, '1970-01-01T00:00:00.000Z'],
        [51, '1970-01-01T00:00:00.001Z'],
      ]),
    )
  })

  test('metadata', () => {
    const [slice] = slices(service({ clusterIP: 'None' }), node('node-1'))
    expect(slice?.metadata).toMatchObject({
      generateName: 'web-',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'service.kubernetes.io/headless': '',
      },
      ownerReferences: [{ kind: 'Service', name: 'web', uid: 's1', controller: true }],
    })
    expect(slice?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })

  test.each<[ServiceSpec['trafficDistribution'], object | undefined]>([
    [undefined, undefined],
    ['PreferClose', { forZones: [{ name: 'a' }] }],
    ['PreferSameZone', { forZones: [{ name: 'a' }] }],
    ['PreferSameNode', { forZones: [{ name: 'a' }], forNodes: [{ name: 'node-1' }] }],
  ])('hints for %s', (trafficDistribution, wanted) => {
    const spec = trafficDistribution === undefined ? {} : { trafficDistribution }
    const [slice] = slices(service(spec), node('node-1', 'a'), pod(1))
    expect(slice?.endpoints[0]?.hints).toEqual(wanted)
  })
})

describe('changes', () => {
  const before = settle(snapshotOf([service(), node('node-1'), pod(1), pod(2)]))
  const [slice] = list(before, 'EndpointSlice')
  const stored = (name: string): Pod => {
    const found = list(before, 'Pod').find(({ metadata }) => metadata.name === name)
    if (found === undefined) throw new Error('gone')
    return found
  }

  test('a Pod that is not ready any more: the same slice, the same place', () => {
    const first = stored('web-1')
    const unready: Pod = { ...first, status: { ...first.status, conditions: [{ type: 'Ready', status: 'False' }] } }
    const after = settle(applyChange(before, { verb: 'update', object: unready }))
    const [changed] = list(after, 'EndpointSlice')
    expect(changed?.metadata.name).toBe(slice?.metadata.name)
    expect(changed?.endpoints.map(({ conditions }) => conditions?.ready)).toEqual([false, true])
  })

  test('a slice deleted by hand comes back', () => {
    const gone = applyChange(before, { verb: 'delete', kind: 'EndpointSlice', key: `default/${slice?.metadata.name}` })
    expect(slice && endpointSliceController.keys(slice, gone)).toEqual(['default/web'])
    expect(show(list(settle(gone), 'EndpointSlice'))).toEqual(['IPv4 http:80 10.244.1.1 10.244.1.2'])
  })

  test('the slices of an earlier Service of that name go, hand-written ones stay', () => {
    const hand: EndpointSlice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { namespace: 'default', name: 'hand', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      endpoints: [],
    }
    const others = slice === undefined ? [hand] : [slice, hand]
    const after = slices(service({}, 's2'), node('node-1'), ...others)
    expect(after.map(({ metadata }) => metadata.ownerReferences?.[0]?.uid ?? '').sort()).toEqual(['', 's2'])
  })

  test('a selector that goes takes the slices along', () => {
    const objects = { ...before.objects, Service: before.objects.Service.set('default/web', service({ selector: {} })) }
    expect(list(settle({ ...before, objects }), 'EndpointSlice')).toEqual([])
  })
})
