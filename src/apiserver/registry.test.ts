import { describe, expect, test } from 'vitest'
import type { Deployment } from '../api/apps.ts'
import type { Pod, Service, ServiceSpec } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { get } from '../model/snapshot.ts'
import { createStore, type Store } from '../store/store.ts'
import { createRegistry, type Registry, type WriteResult } from './registry.ts'

function configOf(changes: object = {}): ClusterConfig {
  const config = parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, ...changes })
  if (!('serviceCIDRs' in config)) throw new Error(config.join(', '))
  return config
}

function newCluster(changes: object = {}): { store: Store; registry: Registry } {
  let uids = 0
  const now = (): number => Date.UTC(2026, 0, 1)
  const store = createStore({ now, uid: () => `uid-${++uids}` })
  const registry = createRegistry(store, configOf(changes), { now })
  for (const name of ['default', 'shop']) {
    accepted(registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  }
  return { store, registry }
}

const service = (name: string, spec: ServiceSpec = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
})
const pod = (name: string, nodeName?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'i' }], ...(nodeName === undefined ? {} : { nodeName }) },
})

function accepted<T>(result: WriteResult<T>): T {
  if ('failure' in result) throw new Error(result.failure.message)
  return result.object
}

/** `422 Invalid spec.ports[0].nodePort`, or `201`. */
function answer(result: WriteResult<AnyObject>): string {
  if (!('failure' in result)) return String(result.code)
  const { code, reason = '', details } = result.failure
  const fields = (details?.causes ?? []).map((cause) => cause.field ?? '-')
  return [code, reason, ...fields].join(' ')
}

describe('refusals', () => {
  test.each<[string, string, (registry: Registry) => WriteResult<AnyObject>]>([
    ['a name that exists', '409 AlreadyExists', (r) => r.create(service('web'))],
    ['a namespace that does not', '404 NotFound', (r) => r.create(service('a'), { namespace: 'none' })],
    [
      'a port that is taken',
      '422 Invalid spec.ports[0].nodePort',
      (r) => r.create(service('a', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })),
    ],
    [
      'an address that is taken',
      '422 Invalid spec.clusterIPs',
      (r) => r.create(service('a', { clusterIP: '10.96.0.10' })),
    ],
    ['a Service without a name', '422 Invalid spec.clusterIPs', (r) => r.create(service(''))],
    ['a Pod without a name', '422 Invalid metadata.name', (r) => r.create(pod(''))],
    [
      'another apiVersion',
      '400 BadRequest',
      (r) => r.create({ ...service('a'), apiVersion: 'v2' } as unknown as Service),
    ],
    ['an update of what is not there', '404 NotFound', (r) => r.update(pod('a'))],
    [
      'a lost update',
      '409 Conflict',
      (r) => r.update({ ...service('web'), metadata: { name: 'web', resourceVersion: '1' } }),
    ],
    [
      'an update of another object of the name',
      '409 Conflict',
      (r) => r.update({ ...service('web'), metadata: { name: 'web', uid: 'other' } }),
    ],
    [
      'a patch that changes the name',
      '400 BadRequest',
      (r) => r.mergePatch('Service', 'default/web', { metadata: { name: 'b' } }),
    ],
    ['a patch of a wrong type', '400 BadRequest', (r) => r.mergePatch('Service', 'default/web', { spec: { type: 1 } })],
    ['a delete of what is not there', '404 NotFound', (r) => r.delete('Service', 'default/none')],
    [
      'one nodePort for two ports on update',
      '500 ',
      (r) =>
        r.mergePatch('Service', 'default/web', {
          spec: {
            ports: [
              { name: 'a', port: 80, nodePort: 30081 },
              { name: 'b', port: 81, nodePort: 30081 },
            ],
          },
        }),
    ],
  ])('%s: %s', (_name, expected, request) => {
    const { registry, store } = newCluster()
    accepted(
      registry.create(
        service('web', { type: 'NodePort', clusterIP: '10.96.0.10', ports: [{ port: 80, nodePort: 30080 }] }),
      ),
    )
    const before = store.snapshot()
    expect(answer(request(registry))).toBe(expected)
    expect(store.snapshot()).toBe(before)
  })
})

describe('what is created', () => {
  test('PUT creates a Service that is missing', () => {
    expect(answer(newCluster().registry.update(service('web')))).toBe('201')
  })

  test('what the client says of uid, version and status does not count', () => {
    const { registry } = newCluster()
    const given = {
      ...pod('a'),
      metadata: { name: 'a', uid: 'mine', resourceVersion: '99' },
      status: { phase: 'Running' } as const,
    }
    const created = accepted(registry.create(given))
    expect(created.metadata.uid).not.toBe('mine')
    expect(created.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' })
  })

  test('generateName gives different names', () => {
    const { registry } = newCluster()
    const generated = (): string => {
      const object = { ...pod(''), metadata: { name: '', generateName: 'web-' } }
      return accepted(registry.create(object)).metadata.name
    }
    const names = [generated(), generated(), generated()]
    expect(new Set(names).size).toBe(3)
    for (const name of names) expect(name).toMatch(/^web-[a-z0-9]{5}$/)
  })

  test('a dry run shows the object and reserves nothing', () => {
    const { registry, store } = newCluster()
    const before = store.snapshot()
    const shown = accepted(registry.create(service('web'), { dryRun: true }))
    expect(store.snapshot()).toBe(before)
    expect(accepted(registry.create(service('web'))).spec.clusterIP).toBe(shown.spec.clusterIP)
  })
})

describe('allocation', () => {
  const nodePorts = (object: Service): readonly (number | undefined)[] =>
    (object.spec.ports ?? []).map((port) => port.nodePort)
  const nodePort = (name: string, port?: number): Service =>
    service(name, { type: 'NodePort', ports: [{ port: 80, ...(port === undefined ? {} : { nodePort: port }) }] })

  test('the same Services get the same addresses and ports on every start', () => {
    const start = (): unknown => {
      const { registry } = newCluster()
      return ['a', 'b', 'c'].map((name) => accepted(registry.create(nodePort(name))).spec)
    }
    expect(start()).toEqual(start())
  })

  test('nothing is kept of a create that validation refuses', () => {
    const { registry } = newCluster()
    const bad = service('a', { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 0, nodePort: 30009 }] })
    expect(answer(registry.create(bad))).toBe('422 Invalid spec.ports[0].port spec.ports[0].targetPort')
    const good = service('b', { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30009 }] })
    expect(answer(registry.create(good))).toBe('201')
  })

  test.each<[string, (registry: Registry, store: Store) => unknown]>([
    ['a delete', (registry) => registry.delete('Service', 'default/a')],
    ['a change of type', (registry) => registry.mergePatch('Service', 'default/a', { spec: { type: 'ClusterIP' } })],
    [
      'another number',
      (registry) => registry.mergePatch('Service', 'default/a', { spec: { ports: [{ port: 80, nodePort: 30011 }] } }),
    ],
    ['somebody else who writes the store', (_, store) => store.remove('Service', 'default/a')],
  ])('%s gives the nodePort back', (_name, change) => {
    const { registry, store } = newCluster()
    accepted(registry.create(nodePort('a', 30010)))
    expect(answer(registry.create(nodePort('b', 30010)))).toBe('422 Invalid spec.ports[0].nodePort')
    change(registry, store)
    expect(answer(registry.create(nodePort('b', 30010)))).toBe('201')
  })

  test('becoming an ExternalName gives the address back', () => {
    const { registry } = newCluster()
    accepted(registry.create(service('a', { clusterIP: '10.96.0.9' })))
    accepted(registry.mergePatch('Service', 'default/a', { spec: { type: 'ExternalName', externalName: 'a.b' } }))
    expect(answer(registry.create(service('b', { clusterIP: '10.96.0.9' })))).toBe('201')
  })

  test('a range that is full is an internal error', () => {
    const { registry } = newCluster({ serviceCIDR: '10.96.0.0/30', nodePortRange: '30000-30000' })
    expect(answer(registry.create(nodePort('a')))).toBe('201')
    expect(answer(registry.create(nodePort('b')))).toBe('500 InternalError -')
    expect(answer(registry.create(service('c')))).toBe('201')
    expect(answer(registry.create(service('d')))).toBe('500 InternalError -')
  })

  test('TCP and UDP of one port share a nodePort', () => {
    const { registry } = newCluster()
    const ports = [
      { name: 't', port: 53 },
      { name: 'u', port: 53, protocol: 'UDP' as const },
    ]
    const [tcp, udp] = nodePorts(accepted(registry.create(service('dns', { type: 'NodePort', ports }))))
    expect(tcp).toBe(udp)
  })

  test('a nodePort that is left out on update is not restored where another port took the number', () => {
    const { registry } = newCluster()
    const port = { name: 'a', port: 80 }
    accepted(registry.create(service('web', { type: 'NodePort', ports: [{ ...port, nodePort: 30001 }] })))
    const ports = [port, { name: 'b', port: 81, nodePort: 30001 }]
    const [a, b] = nodePorts(accepted(registry.mergePatch('Service', 'default/web', { spec: { ports } })))
    expect(b).toBe(30001)
    expect(a).not.toBe(30001)
  })

  test('an explicit number is not taken by an earlier port of the same Service', () => {
    const { registry } = newCluster({ nodePortRange: '30000-30001' })
    const free = accepted(registry.create(nodePort('probe'), { dryRun: true }))
    const [dynamic] = nodePorts(free)
    const ports = [
      { name: 'a', port: 80 },
      { name: 'b', port: 81, nodePort: dynamic ?? 0 },
    ]
    const created = accepted(registry.create(service('probe', { type: 'NodePort', ports })))
    expect(nodePorts(created)).toEqual([30000 + 30001 - (dynamic ?? 0), dynamic])
  })
})

describe('updates', () => {
  test('one that changes nothing writes nothing', () => {
    const { registry, store } = newCluster()
    accepted(registry.create(service('web', { type: 'NodePort' })))
    const before = store.snapshot()
    accepted(registry.update(service('web', { type: 'NodePort' })))
    expect(store.snapshot()).toBe(before)
  })

  test('the generation counts changes of the spec alone', () => {
    const { registry } = newCluster()
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    const deployment: Deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template },
    }
    accepted(registry.create(deployment))
    const labelled = accepted(registry.mergePatch('Deployment', 'default/web', { metadata: { labels: { a: 'b' } } }))
    expect(labelled.metadata.generation).toBe(1)
    const scaled = accepted(registry.mergePatch('Deployment', 'default/web', { spec: { replicas: 3 } }))
    expect(scaled.metadata.generation).toBe(2)
    const counted = accepted(
      registry.updateStatus({ ...scaled, spec: { ...scaled.spec, replicas: 9 }, status: { replicas: 3 } }),
    )
    expect(counted).toMatchObject({ spec: { replicas: 3 }, status: { replicas: 3 }, metadata: { generation: 2 } })
  })

  test('the status is not changed by an update, and spec not by one of the status', () => {
    const { registry } = newCluster()
    const created = accepted(registry.create(service('lb', { type: 'LoadBalancer' })))
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } }
    const reached = accepted(registry.updateStatus({ ...created, status }))
    expect(reached.status).toEqual({ loadBalancer: { ingress: [{ ip: '203.0.113.10', ipMode: 'VIP' }] } })
    const noted = { ...reached.metadata, annotations: { seen: 'yes' } }
    expect(accepted(registry.updateStatus({ ...reached, metadata: noted })).metadata.annotations).toEqual({
      seen: 'yes',
    })
    const updated = accepted(
      registry.mergePatch('Service', 'default/lb', { status: {}, spec: { sessionAffinity: 'ClientIP' } }),
    )
    expect(updated.status).toEqual(reached.status)
    const lower = accepted(registry.mergePatch('Service', 'default/lb', { spec: { type: 'NodePort' } }))
    expect(lower.status).toEqual({ loadBalancer: {} })
  })
})

describe('deletion', () => {
  test('a Pod on a node ends in its time, then is gone', () => {
    const { registry, store } = newCluster()
    accepted(registry.create(pod('a', 'node-1')))
    const ending = accepted(registry.delete('Pod', 'default/a'))
    expect(ending.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
    })
    expect(get(store.snapshot(), 'Pod', 'default/a')).toBe(ending)
    expect(accepted(registry.delete('Pod', 'default/a'))).toBe(ending)
    accepted(registry.delete('Pod', 'default/a', { gracePeriodSeconds: 0 }))
    expect(get(store.snapshot(), 'Pod', 'default/a')).toBeUndefined()
  })

  test('a Pod without a node is gone at once', () => {
    const { registry, store } = newCluster()
    accepted(registry.create(pod('a')))
    accepted(registry.delete('Pod', 'default/a'))
    expect(get(store.snapshot(), 'Pod', 'default/a')).toBeUndefined()
  })

  test('a finalizer holds an object until an update takes it away', () => {
    const { registry, store } = newCluster()
    accepted(registry.create({ ...service('a'), metadata: { name: 'a', finalizers: ['example.com/hold'] } }))
    expect(accepted(registry.delete('Service', 'default/a')).metadata.deletionTimestamp).toBeDefined()
    accepted(registry.mergePatch('Service', 'default/a', { metadata: { finalizers: null } }))
    expect(get(store.snapshot(), 'Service', 'default/a')).toBeUndefined()
  })

  test('a namespace goes with its contents, the last Pod last', () => {
    const { registry, store } = newCluster()
    accepted(registry.create(service('web'), { namespace: 'shop' }))
    accepted(registry.create(pod('a', 'node-1'), { namespace: 'shop' }))
    expect(accepted(registry.delete('Namespace', 'shop')).status?.phase).toBe('Terminating')
    expect(get(store.snapshot(), 'Service', 'shop/web')).toBeUndefined()
    expect(answer(registry.create(service('b'), { namespace: 'shop' }))).toBe('403 Forbidden metadata.namespace')
    accepted(registry.delete('Pod', 'shop/a', { gracePeriodSeconds: 0 }))
    expect(get(store.snapshot(), 'Namespace', 'shop')).toBeUndefined()
  })

  test('an empty namespace is gone at once', () => {
    const { registry, store } = newCluster()
    accepted(registry.delete('Namespace', 'shop'))
    expect(get(store.snapshot(), 'Namespace', 'shop')).toBeUndefined()
  })
})

describe('further ranges of Services', () => {
  const range = (name: string, cidr: string): AnyObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs: [cidr] },
  })

  test('give addresses as soon as they are there, and none once they are to go', () => {
    const { store, registry } = newCluster({ serviceCIDR: '10.96.0.0/30' })
    const create = (name: string, spec: ServiceSpec = {}): string => {
      const result = registry.create(service(name, spec))
      return 'failure' in result ? answer(result) : (result.object.spec.clusterIP ?? '')
    }
    expect(create('early', { clusterIP: '10.200.0.1' })).toBe('422 Invalid spec.clusterIPs')
    accepted(registry.create(range('more', '10.200.0.0/30')))
    expect(create('a', { clusterIP: '10.200.0.1' })).toBe('10.200.0.1')
    expect(create('b', { clusterIP: '10.200.0.1' })).toBe('422 Invalid spec.clusterIPs')
    expect([create('c'), create('d')].sort()).toEqual(['10.96.0.1', '10.96.0.2'])
    expect(create('e')).toBe('10.200.0.2')
    expect(create('f')).toBe('500 InternalError -')
    registry.delete('Service', 'default/e')
    const { metadata, ...rest } =
      get(store.snapshot(), 'ServiceCIDR', 'more') ?? accepted(registry.create(range('', '')))
    store.update({ ...rest, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } })
    expect(create('g')).toBe('500 InternalError -')
  })

  test('of the network itself are no Services of theirs', () => {
    const { registry } = newCluster()
    accepted(registry.create(range('more', '10.244.1.0/24')))
    expect(answer(registry.create(service('a', { clusterIP: '10.244.1.7' })))).toBe('422 Invalid spec.clusterIPs')
  })
})

test('a Pod whose class nobody has is forbidden', () => {
  const { registry } = newCluster()
  const given = pod('a')
  const result = registry.create({ ...given, spec: { ...given.spec, priorityClassName: 'hihg' } })
  expect(result).toMatchObject({
    failure: {
      code: 403,
      reason: 'Forbidden',
      message: 'pods "a" is forbidden: no PriorityClass with name hihg was found',
    },
  })
})
