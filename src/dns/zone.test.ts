import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { zoneConfig } from './zone-config.ts'
import { compileZone, type Zone } from './zone.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', ...RANGES })

const small = fc.nat(2)
const namespaceName = fc.constantFrom('shop', 'other')

const namespaces: fc.Arbitrary<AnyObject> = namespaceName.map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name },
}))

const services: fc.Arbitrary<AnyObject> = fc
  .tuple(namespaceName, small, fc.constantFrom('None', '10.96.0.1', '10.96.0.2', ''), small)
  .map(([namespace, name, clusterIP, port]) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s${name}`, namespace },
    spec: { clusterIP, ports: [{ name: `p${port}`, port: 80 }] },
  }))

const slices: fc.Arbitrary<AnyObject> = fc
  .tuple(namespaceName, small, small, fc.array(fc.tuple(small, fc.boolean(), fc.boolean()), { maxLength: 3 }))
  .map(([namespace, name, owner, endpoints]) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `e${name}`, namespace, labels: { 'kubernetes.io/service-name': `s${owner}` } },
    addressType: 'IPv4',
    endpoints: endpoints.map(([host, ready, named]) => ({
      addresses: [`10.244.0.${host}`],
      conditions: { ready },
      ...(named ? { hostname: `h${host % 2}` } : {}),
    })),
    ports: [{ name: 'p0', port: 80 }],
  }))

const pods: fc.Arbitrary<AnyObject> = fc
  .tuple(namespaceName, small, small, fc.constantFrom('Running' as const, 'Failed' as const))
  .map(([namespace, name, host, phase]) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod${name}`, namespace },
    spec: { containers: [] },
    status: { podIP: `10.244.0.${host}`, phase },
  }))

const snapshots: fc.Arbitrary<Snapshot> = fc
  .array(fc.oneof(namespaces, services, slices, pods), { maxLength: 14 })
  .map(snapshotOf)

function contents(zone: Zone): unknown {
  const { namespaces, services, slices, pointers, pods } = zone
  const records = [...services].map(([key, { headless, externalName, names, protocols, pointers: own }]) => {
    return [key, headless, externalName, names, protocols, own()]
  })
  return [records, ...[namespaces, slices, pointers, pods].map((map) => [...map])]
}

describe('compileZone', () => {
  test('made from the zone before, a zone is what it is when made anew', () => {
    fc.assert(
      fc.property(fc.array(snapshots, { minLength: 2, maxLength: 4 }), (steps) => {
        let zone: Zone | undefined
        for (const snapshot of steps) {
          zone = compileZone(snapshot, CONFIG, zone)
          expect(contents(zone)).toEqual(contents(compileZone(snapshot, CONFIG)))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('only the Service whose slice changed is computed again', () => {
    const service = (name: string): AnyObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'shop' },
      spec: { clusterIP: 'None' },
    })
    const shop: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
    const slice: AnyObject = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'e', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'one' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.0.1'] }],
    }
    const before = [shop, service('one'), service('two')]
    const first = compileZone(snapshotOf(before), CONFIG)
    const second = compileZone({ ...snapshotOf([...before, slice]), resourceVersion: 7 }, CONFIG, first)
    expect(second.services.get('shop/two')).toBe(first.services.get('shop/two'))
    expect(second.services.get('shop/one')).not.toBe(first.services.get('shop/one'))
    expect([first.serial, second.serial]).toEqual([1, 7])
  })

  test('the serial stays where nothing changed that DNS shows', () => {
    const pod = (phase: 'Pending' | 'Running'): AnyObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'shop' },
      spec: { containers: [] },
      status: { podIP: '10.244.0.1', phase },
    })
    const first = compileZone(snapshotOf([pod('Pending')]), CONFIG)
    const second = compileZone({ ...snapshotOf([pod('Running')]), resourceVersion: 9 }, CONFIG, first)
    expect(second.serial).toBe(1)
    const third = compileZone({ ...snapshotOf([]), resourceVersion: 10 }, CONFIG, second)
    expect(third.serial).toBe(10)
  })

  test('another configuration starts anew', () => {
    const shop: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
    const first = compileZone(snapshotOf([shop]), CONFIG)
    const hidden = { ...CONFIG, namespaceVisible: () => false }
    expect([...compileZone(snapshotOf([shop]), hidden, first).namespaces]).toEqual([])
  })
})
