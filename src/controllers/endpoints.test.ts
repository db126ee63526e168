import { describe, expect, test } from 'vitest'
import type { Container, Endpoints, Pod, Service, ServiceSpec } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { get, snapshotOf } from '../model/snapshot.ts'
import { reconcileMirroredSlices } from './endpoint-slice-mirroring.ts'
import { reconcileEndpoints } from './endpoints.ts'
import { applyChange } from './fixed-point.ts'

function pod(
  number: number,
  isReady: boolean,
  ports: Container['ports'] = [],
  extra: Partial<Pod['metadata']> = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: `web-${number}`, labels: { app: 'web' }, ...extra },
    spec: { containers: [{ name: 'web', ports }] },
    status: { podIP: `10.0.0.${number}`, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
  }
}

function service(spec: ServiceSpec = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', labels: { team: 'a' } },
    spec: { clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }], ...spec },
  }
}

function byHand(subsets: Endpoints['subsets'] = [], extra: Partial<Endpoints['metadata']> = {}): Endpoints {
  const metadata = { namespace: 'default', name: 'web', uid: 'e1', ...extra }
  return { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets }
}

const http = (containerPort: number): Container['ports'] => [{ name: 'http', containerPort }]

function settle(...objects: AnyObject[]): Endpoints | undefined {
  const snapshot = snapshotOf(objects)
  const after = reconcileEndpoints(snapshot, 'default/web').reduce(applyChange, snapshot)
  expect(reconcileEndpoints(after, 'default/web')).toEqual([])
  return get(after, 'Endpoints', 'default/web')
}

/** `10.0.0.1,!10.0.0.2 -> 80`: the second one is not ready. */
const show = (endpoints: Endpoints | undefined): readonly string[] =>
  (endpoints?.subsets ?? []).map(({ addresses = [], notReadyAddresses = [], ports = [] }) =>
    [
      [...addresses.map(({ ip }) => ip), ...notReadyAddresses.map(({ ip }) => `!${ip}`)].join(','),
      ...ports.map(({ port }) => port),
    ].join(' -> '),
  )

describe('Endpoints of a Service with selector', () => {
  const terminating = { deletionTimestamp: '2024-01-01T00:00:00Z' }
  test.each<[string, AnyObject[], string[]]>([
    ['ready and not ready', [service(), pod(1, true, http(80)), pod(2, false, http(80))], ['10.0.0.1,!10.0.0.2 -> 80']],
    [
      'by ports',
      [service(), pod(1, true, http(80)), pod(2, true, http(81)), pod(3, true, http(80))],
      ['10.0.0.1,10.0.0.3 -> 80', '10.0.0.2 -> 81'],
    ],
    ['without the port', [service(), pod(1, true)], []],
    ['terminating', [service(), pod(1, true, http(80), terminating)], []],
    [
      'terminating, published',
      [service({ publishNotReadyAddresses: true }), pod(1, true, http(80), terminating)],
      ['10.0.0.1 -> 80'],
    ],
    ['headless without ports', [service({ clusterIP: 'None', ports: [] }), pod(1, true)], ['10.0.0.1']],
  ])('%s', (_name, objects, wanted) => {
    expect(show(settle(...objects))).toEqual(wanted)
  })

  test('labels, and truncation at 1000', () => {
    const pods = Array.from({ length: 1001 }, (_, i) => pod(i, true, http(80)))
    const found = settle(service(), ...pods)
    expect(found?.metadata).toMatchObject({
      labels: { team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
      annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' },
    })
    expect(found?.subsets?.[0]?.addresses).toHaveLength(1000)
  })

  test('they go with the Service; those written by hand stay', () => {
    const ours = settle(service(), pod(1, true, http(80)))
    expect(ours && settle(ours)).toBeUndefined()
    expect(settle(byHand())).toEqual(byHand())
    expect(settle(service({ selector: {} }), byHand())).toEqual(byHand())
  })
})

describe('mirroring', () => {
  const subsets = [
    { addresses: [{ ip: '192.168.7.1' }, { ip: 'fd00::1' }], ports: [{ port: 5432 }] },
    { addresses: [{ ip: '192.168.7.2' }], notReadyAddresses: [{ ip: '192.168.7.3' }], ports: [{ port: 5432 }] },
    { addresses: [{ ip: '192.168.7.4' }], ports: [{ port: 5433 }] },
  ]
  function mirror(...objects: AnyObject[]): readonly string[] {
    const snapshot = snapshotOf(objects)
    const after = reconcileMirroredSlices(snapshot, 'default/web').reduce(applyChange, snapshot)
    expect(reconcileMirroredSlices(after, 'default/web')).toEqual([])
    return [...after.objects.EndpointSlice.values()]
      .map(({ addressType, ports = [], endpoints }) => {
        const ips = endpoints.map(({ addresses, conditions }) => `${conditions?.ready ? '' : '!'}${addresses[0]}`)
        return `${addressType} ${ips.join(',')} -> ${ports.map(({ port }) => port).join(',')}`
      })
      .sort()
  }
  const bare = service({ selector: {}, ports: [{ port: 5432 }] })

  test.each<[string, AnyObject[], string[]]>([
    [
      'a slice for each family and port',
      [bare, byHand(subsets)],
      ['IPv4 192.168.7.1,192.168.7.2,!192.168.7.3 -> 5432', 'IPv4 192.168.7.4 -> 5433', 'IPv6 fd00::1 -> 5432'],
    ],
    ['no Service', [byHand(subsets)], []],
    ['a Service with selector', [service(), byHand(subsets)], []],
    ['skip-mirror', [bare, byHand(subsets, { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } })], []],
    [
      'leader election',
      [bare, byHand(subsets, { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } })],
      [],
    ],
    ['nothing in it', [bare, byHand()], []],
  ])('%s', (_name, objects, wanted) => {
    expect(mirror(...objects)).toEqual(wanted)
  })

  test('labels and annotations are copied, the slice belongs to the Endpoints object', () => {
    const annotations = { note: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
    const snapshot = snapshotOf([bare, byHand(subsets.slice(2), { labels: { team: 'a' }, annotations })])
    const [change] = reconcileMirroredSlices(snapshot, 'default/web')
    expect(change).toMatchObject({
      verb: 'create',
      object: {
        metadata: {
          labels: { team: 'a', 'kubernetes.io/service-name': 'web' },
          annotations: { note: 'x' },
          ownerReferences: [{ kind: 'Endpoints', name: 'web', uid: 'e1' }],
        },
        ports: [{ name: '', protocol: 'TCP', port: 5433 }],
      },
    })
  })

  test('when the Service gains a selector they go', () => {
    const before = snapshotOf([bare, byHand(subsets)])
    const mirrored = reconcileMirroredSlices(before, 'default/web').reduce(applyChange, before)
    const objects = { ...mirrored.objects, Service: mirrored.objects.Service.set('default/web', service()) }
    const verbs = reconcileMirroredSlices({ ...mirrored, objects }, 'default/web').map(({ verb }) => verb)
    expect(verbs).toEqual(['delete', 'delete', 'delete'])
  })
})
