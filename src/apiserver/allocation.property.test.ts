import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Service } from '../api/core.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { list } from '../model/snapshot.ts'
import { createStore, type Store } from '../store/store.ts'
import { createRegistry, type Registry } from './registry.ts'

/** Small ranges, so that requests collide and run out. */
const CONFIG = parseClusterConfig({
  ...DEFAULT_CLUSTER_CONFIG,
  serviceCIDR: '10.96.0.0/29',
  nodePortRange: '30000-30007',
}) as ClusterConfig

function newCluster(): { store: Store; registry: Registry } {
  let uids = 0
  const store = createStore({ now: () => 0, uid: () => `uid-${++uids}` })
  const registry = createRegistry(store, CONFIG, { now: () => 0 })
  registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  return { store, registry }
}

const port = fc.record({
  port: fc.integer({ min: 79, max: 81 }),
  nodePort: fc.option(fc.integer({ min: 29999, max: 30007 }), { nil: 0 }),
})
const request = fc.record({
  verb: fc.constantFrom('create', 'create', 'patch', 'patch', 'delete'),
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  type: fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  policy: fc.constantFrom('Cluster', 'Local'),
  clusterIP: fc.constantFrom('', '', 'None', '10.96.0.3'),
  ports: fc.array(port, { minLength: 1, maxLength: 3 }),
})
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never

function send(registry: Registry, { verb, name, type, policy, clusterIP, ports }: Request): void {
  const named = ports.map((entry, i) => ({ ...entry, name: `p${i}` }))
  const external = type === 'ExternalName' ? { externalName: 'a.b' } : {}
  const local = type === 'ClusterIP' || type === 'ExternalName' ? {} : { externalTrafficPolicy: policy }
  const spec = { type, ports: named, ...external, ...local } as Service['spec']
  if (verb === 'delete') registry.delete('Service', `default/${name}`)
  else if (verb === 'patch') registry.mergePatch('Service', `default/${name}`, { spec })
  else {
    const addressed = type === 'ExternalName' ? spec : { ...spec, clusterIP }
    registry.create({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: addressed })
  }
}

/** Who holds an address or a port: each has one Service at most. */
function holders(services: readonly Service[]): Map<string, Set<string>> {
  const held = new Map<string, Set<string>>()
  for (const { metadata, spec } of services) {
    const addresses = (spec.clusterIPs ?? []).filter((address) => address !== 'None')
    const published = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
    const numbers = published ? [...(spec.ports ?? []).map((entry) => entry.nodePort), spec.healthCheckNodePort] : []
    for (const value of [...addresses, ...numbers.filter((number) => number !== undefined)].map(String)) {
      held.set(value, (held.get(value) ?? new Set()).add(metadata.name))
    }
  }
  return held
}

test('whatever is asked, no two Services hold one address or node port, and what is published has one', () => {
  fc.assert(
    fc.property(fc.array(request, { maxLength: 25 }), (requests) => {
      const { store, registry } = newCluster()
      for (const one of requests) send(registry, one)
      const services = list(store.snapshot(), 'Service')
      for (const names of holders(services).values()) expect(names.size).toBe(1)
      for (const { spec } of services) {
        expect(spec.clusterIP !== undefined).toBe(spec.type !== 'ExternalName')
        if (spec.type === 'NodePort') expect(spec.ports?.every((entry) => entry.nodePort !== undefined)).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
})
