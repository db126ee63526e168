/**
 * Those conformance tests of [sig-network] that need no Pod, step by step as Kubernetes' own suite takes them, once with
 * the bodies of each encoding. ../../docs/conformance.md has the list.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnyObject } from '../../src/api/kinds.ts'
import { decodeProtobuf } from '../../src/apiserver/http/protobuf/decode.ts'
import { allObjects } from '../../src/model/snapshot.ts'
import { startApiNetwork, type ApiNetwork } from '../apiserver/api-network.ts'
import type { Body, Watch } from '../apiserver/api-client.ts'
import { encodeProtobuf } from '../apiserver/protobuf.ts'
import { createTypedClient, type TypedClient } from '../apiserver/typed-client.ts'

let network: ApiNetwork
beforeAll(async () => {
  network = await startApiNetwork()
})
afterAll(() => network.close())

const NETWORKING = '/apis/networking.k8s.io/v1'
const DISCOVERY = '/apis/discovery.k8s.io/v1'

/** Reads events until one is as wanted. */
async function until(watch: Watch, wanted: { readonly type?: string; readonly object?: object }): Promise<void> {
  for (;;) {
    const event = await watch.next()
    try {
      expect(event).toMatchObject(wanted)
      return watch.response.destroy() as unknown as undefined
    } catch {
      // What else happens is not asked for.
    }
  }
}

function withAnnotation(object: Body, name: string): object {
  const { metadata } = object
  const annotations = { ...('annotations' in metadata ? (metadata.annotations as object) : {}), [name]: 'true' }
  return { ...object, metadata: { ...metadata, annotations } }
}

describe.each(['JSON', 'protobuf'] as const)('%s', (encoding) => {
  const namespace = `conformance-${encoding.toLowerCase()}`
  const own = `e2e-run=${namespace}`
  const labels = { 'e2e-run': namespace }
  const core = `/api/v1/namespaces/${namespace}`
  const slices = `${DISCOVERY}/namespaces/${namespace}/endpointslices`
  let client: TypedClient
  beforeAll(async () => {
    client = createTypedClient(network, encoding)
    await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  })

  const isGone = async (path: string): Promise<boolean> => (await network.call(path)).code === 404
  const slicesOf = async (service: string): Promise<readonly Body[]> =>
    (await client.list(slices, `kubernetes.io/service-name=${service}`)).items

  /** What the suite asks of a kind in discovery. */
  const expectDiscovery = async (group: string, resource: string): Promise<void> => {
    const version = { groupVersion: `${group}/v1`, version: 'v1' }
    const groups = await client.get('/apis')
    expect(groups).toMatchObject({ kind: 'APIGroupList' })
    expect(groups.groups).toContainEqual(expect.objectContaining({ name: group, versions: [version] }))
    expect(await client.get(`/apis/${group}`)).toMatchObject({ kind: 'APIGroup', name: group, versions: [version] })
    const { resources } = await client.get(`/apis/${group}/v1`)
    const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
    expect(resources).toContainEqual(expect.objectContaining({ name: resource, verbs }))
  }

  /** The road that several tests take with three objects: every verb but deletes. Leaves the object as it is last. */
  const expectVerbs = async (path: string, object: object, everywhere?: string): Promise<Body> => {
    const metadata = { generateName: 'e2e-example-', labels }
    const made: Body[] = []
    for (let i = 0; i < 3; i++) made.push(await client.create(path, { ...object, metadata }))
    const { name, uid } = made[2]?.metadata ?? { name: '', uid: '' }
    expect((await client.get(`${path}/${name}`)).metadata.uid).toBe(uid)
    const list = await client.list(path, own)
    expect(list.items).toHaveLength(3)
    const watches = [await client.watch(path, list, own)]
    if (everywhere !== undefined) {
      expect((await client.list(everywhere, own)).items).toHaveLength(3)
      watches.push(await client.watch(everywhere, list, own))
    }
    const patched = await client.patch(`${path}/${name}`, { metadata: { annotations: { patched: 'true' } } })
    expect(patched).toMatchObject({ metadata: { annotations: { patched: 'true' } } })
    const updated = await client.update(`${path}/${name}`, withAnnotation(patched, 'updated'))
    expect(updated).toMatchObject({ metadata: { annotations: { patched: 'true', updated: 'true' } } })
    for (const watch of watches) {
      const event = await watch.next()
      expect(event).toMatchObject({ type: 'MODIFIED', object: { metadata: { name, annotations: { patched: 'true' } } } })
      watch.response.destroy()
    }
    return updated
  }

  const expectDeletes = async (path: string, { metadata: { name } }: Body): Promise<void> => {
    await client.delete(`${path}/${name}`)
    expect(await isGone(`${path}/${name}`)).toBe(true)
    const { items } = await client.list(path, own)
    expect(items.map(({ metadata }) => metadata.name)).toHaveLength(2)
    await client.deleteCollection(path, own)
    expect((await client.list(path, own)).items).toEqual([])
  }

  test('API Server should provide secure master service', async () => {
    const { spec } = await client.get('/api/v1/namespaces/default/services/kubernetes')
    expect(spec.ports).toMatchObject([{ name: 'https', port: 443, protocol: 'TCP' }])
  })

  test('API Server should have Endpoints and EndpointSlices pointing to API Server', async () => {
    const endpoints = await client.get('/api/v1/namespaces/default/endpoints/kubernetes')
    const { items } = await client.list(
      `${DISCOVERY}/namespaces/default/endpointslices`,
      'kubernetes.io/service-name=kubernetes',
    )
    expect(items).toHaveLength(1)
    const [ip, port] = ['192.168.1.1', 6443]
    expect(endpoints).toMatchObject({ subsets: [{ addresses: [{ ip }], ports: [{ port }] }] })
    expect(items[0]).toMatchObject({ addressType: 'IPv4', endpoints: [{ addresses: [ip] }], ports: [{ port }] })
  })

  test('Services should find a service from listing all namespaces', async () => {
    const { items } = await client.list('/api/v1/services')
    const found = items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    expect(found).toContain('default/kubernetes')
  })

  test('Endpoints should test the lifecycle of an Endpoint', async () => {
    const path = `${core}/endpoints`
    const selector = 'test-endpoint-static=true'
    const before = await client.list('/api/v1/endpoints', selector)
    const created = await client.create(path, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'testservice', labels: { 'test-endpoint-static': 'true' } },
      subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
    })
    expect(Number(created.metadata.resourceVersion)).toBeGreaterThan(0)
    await until(await client.watch(path, before, selector), { type: 'ADDED' })

    const list = await client.list('/api/v1/endpoints', selector)
    const found = list.items.find(({ metadata }) => metadata.namespace === namespace)
    const changed = { 'test-endpoint-static': 'true', 'test-service': 'updated' }
    await client.update(`${path}/testservice`, { ...found, ...kindOf(created), metadata: { ...found?.metadata, labels: changed } })
    await until(await client.watch(path, list, selector), { type: 'MODIFIED', object: { metadata: { labels: changed } } })

    const fetched = await client.get(`${path}/testservice`)
    const patched = await client.patch(
      `${path}/testservice`,
      {
        metadata: { labels: { 'test-service': 'patched' } },
        subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080 }] }],
      },
      'strategic-merge-patch',
    )
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    await until(await client.watch(path, fetched, selector), { type: 'MODIFIED' })
    const last = await client.get(`${path}/testservice`)
    expect(last).toMatchObject({
      metadata: { labels: { 'test-service': 'patched' } },
      subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080 }] }],
    })
    await client.deleteCollection(path, selector)
    await until(await client.watch(path, last, selector), { type: 'DELETED', object: { metadata: { name: 'testservice' } } })
    expect(await isGone(`${path}/testservice`)).toBe(true)
  })

  const empty = {
    apiVersion: 'v1',
    kind: 'Service',
    spec: {
      selector: { 'does-not-match-anything': 'endpoints-and-endpoint-slices-should-still-be-created' },
      ports: [{ name: 'example', port: 80, protocol: 'TCP' }],
    },
  }

  test('EndpointsController should create and delete Endpoints for a Service with a selector that matches no pods', async () => {
    await client.create(`${core}/services`, { ...empty, metadata: { name: 'example-empty-selector' } })
    await network.settled()
    expect(await client.get(`${core}/endpoints/example-empty-selector`)).toMatchObject({ subsets: [] })
    await client.delete(`${core}/services/example-empty-selector`)
    await network.settled()
    expect(await isGone(`${core}/endpoints/example-empty-selector`)).toBe(true)
  })

  test('EndpointSlice should create and delete EndpointSlices for a Service with a selector that matches no pods', async () => {
    await client.create(`${core}/services`, { ...empty, metadata: { name: 'no-pods' } })
    await network.settled()
    const [slice, ...others] = await slicesOf('no-pods')
    expect(slice).toMatchObject({
      metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' } },
      endpoints: [],
    })
    expect(others).toEqual([])
    await client.delete(`${core}/services/no-pods`)
    await network.settled()
    expect(await slicesOf('no-pods')).toEqual([])
  })

  test('EndpointSlice should support creating EndpointSlice API operations', async () => {
    await expectDiscovery('discovery.k8s.io', 'endpointslices')
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      endpoints: [{ addresses: ['1.2.3.4', '5.6.7.8'] }, { addresses: ['2.2.3.4', '6.6.7.8'] }],
    }
    await expectDeletes(slices, await expectVerbs(slices, slice, `${DISCOVERY}/endpointslices`))
  })

  test('EndpointSliceMirroring should mirror a custom Endpoints resource through create update and delete', async () => {
    const name = 'example-custom-endpoints'
    const ports = [{ name: 'example', port: 80, protocol: 'TCP' }]
    await client.create(`${core}/services`, { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports } })
    const endpoints = (ip: string): Readonly<Record<string, unknown>> => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name },
      subsets: [{ addresses: [{ ip }], ports: [{ port: 80 }] }],
    })
    const mirrored = (ip: string): object => ({ ports: [{ port: 80 }], endpoints: [{ addresses: [ip] }] })
    await client.create(`${core}/endpoints`, endpoints('10.1.2.3'))
    await network.settled()
    expect(await slicesOf(name)).toMatchObject([mirrored('10.1.2.3')])
    await client.update(`${core}/endpoints/${name}`, endpoints('10.2.3.4'))
    await network.settled()
    expect(await slicesOf(name)).toMatchObject([mirrored('10.2.3.4')])
    await client.delete(`${core}/endpoints/${name}`)
    await network.settled()
    expect(await slicesOf(name)).toEqual([])
  })

  test('Ingress API should support creating Ingress API operations', async () => {
    await expectDiscovery('networking.k8s.io', 'ingresses')
    const backend = (name: string): object => ({ service: { name, port: { number: 8080 } } })
    const paths = [{ path: '/', pathType: 'ImplementationSpecific', backend: backend('test-backend') }]
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      spec: { defaultBackend: backend('default-backend'), rules: [{ host: 'host1.bar.com', http: { paths } }] },
      status: { loadBalancer: {} },
    }
    const all = `${NETWORKING}/namespaces/${namespace}/ingresses`
    const made = await expectVerbs(all, ingress, `${NETWORKING}/ingresses`)
    expect(made).toMatchObject({ spec: ingress.spec, status: { loadBalancer: {} } })
    const one = `${all}/${made.metadata.name}`
    const balanced = (ip: string): object => ({ loadBalancer: { ingress: [{ ip }] } })
    const patch = { metadata: { annotations: { patchedstatus: 'true' } }, status: balanced('169.1.1.1') }
    const patched = await client.patch(`${one}/status`, patch)
    expect(patched).toMatchObject(patch)
    const updated = await client.update(`${one}/status`, { ...(await client.get(one)), status: balanced('169.1.1.2') })
    expect(updated).toMatchObject({ status: balanced('169.1.1.2') })
    expect(await client.get(`${one}/status`)).toMatchObject({ kind: 'Ingress', metadata: { uid: made.metadata.uid } })
    await expectDeletes(all, made)
  })

  test('IngressClass API should support creating IngressClass API operations', async () => {
    await expectDiscovery('networking.k8s.io', 'ingressclasses')
    const ingressClass = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      spec: { controller: 'example.com/controller' },
    }
    const all = `${NETWORKING}/ingressclasses`
    await expectDeletes(all, await expectVerbs(all, ingressClass))
  })

  test('ServiceCIDR and IPAddress API should support ServiceCIDR API operations', async () => {
    const all = `${NETWORKING}/servicecidrs`
    const range = await client.get(`${all}/kubernetes`)
    expect(range).toMatchObject({ status: { conditions: [{ type: 'Ready', status: 'True' }] } })
    const status = await client.get(`${all}/kubernetes/status`)
    expect(status).toMatchObject({ ...kindOf(range), kind: 'ServiceCIDR', metadata: { uid: range.metadata.uid } })
    const list = await client.list(all)
    expect(list.items).toHaveLength(1)
    const watch = await client.watch(all, list, '')
    const patch = { metadata: { annotations: { [namespace]: 'true' } } }
    await client.patch(`${all}/kubernetes`, patch)
    await until(watch, { type: 'MODIFIED', object: patch })
  })

  test('ServiceCIDR and IPAddress API should support IPAddress API operations', async () => {
    const all = `${NETWORKING}/ipaddresses`
    const address = (name: string, type: string): Readonly<Record<string, unknown>> => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name, labels: { type } },
      spec: { parentRef: { group: 'mygroup', resource: 'myresources', namespace: 'foo', name: 'bar' } },
    })
    const created = await client.create(all, address('255.255.255.255', 'broadcast'))
    await client.create(all, address('fe80::42:1dff:fe84:f9e2', 'link-local'))
    const one = `${all}/255.255.255.255`
    const patched = await client.patch(one, { metadata: { annotations: { patched: 'true' } } })
    expect(Number(patched.metadata.resourceVersion)).toBeGreaterThan(Number(created.metadata.resourceVersion))
    const updated = await client.update(one, withAnnotation(await client.get(one), 'updated'))
    expect(updated).toMatchObject({ metadata: { annotations: { patched: 'true', updated: 'true' } } })
    const list = await client.list(all, 'type=broadcast')
    expect(list.items).toHaveLength(1)
    const watch = await client.watch(all, list, 'type=broadcast')
    await client.delete(one)
    await until(watch, { type: 'DELETED', object: { metadata: { name: '255.255.255.255' } } })
    await client.deleteCollection(all, 'type=link-local')
    expect((await client.list(all, 'type=link-local')).items).toEqual([])
  })

  // Not one of the 47, as NetworkPolicies are nobody's duty.
  test('NetworkPolicy API should support creating NetworkPolicy API operations', async () => {
    await expectDiscovery('networking.k8s.io', 'networkpolicies')
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      spec: {
        podSelector: { matchLabels: { 'pod-name': 'test-pod' } },
        ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: 'TCP', port: 80 }] }],
        policyTypes: ['Ingress'],
      },
    }
    const all = `${NETWORKING}/namespaces/${namespace}/networkpolicies`
    const made = await expectVerbs(all, policy, `${NETWORKING}/networkpolicies`)
    expect(made).toMatchObject({ spec: policy.spec })
    await expectDeletes(all, made)
  })

  test('Services should complete a service status lifecycle', async () => {
    const selector = 'test-service-static=true'
    const all = `${core}/services`
    const list = await client.list('/api/v1/services', selector)
    const seen = async (object: object, type?: string): Promise<void> =>
      until(await client.watch(all, list, selector), { ...(type === undefined ? {} : { type }), object })
    const name = 'test-service-status'
    await client.create(all, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, labels: { 'test-service-static': 'true' } },
      spec: {
        type: 'LoadBalancer',
        ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }],
        loadBalancerClass: 'example.com/internal-vip',
      },
      status: { loadBalancer: {} },
    })
    await seen({ metadata: { name, namespace } }, 'ADDED')
    expect(await client.get(`${all}/${name}/status`)).toMatchObject({ kind: 'Service', status: { loadBalancer: {} } })

    const patch = {
      metadata: { annotations: { patchedstatus: 'true' } },
      status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } },
    }
    await client.patch(`${all}/${name}/status`, patch)
    await network.settled()
    await seen(patch)

    const stored = await client.get(`${all}/${name}`)
    // As Go writes a time that was not set.
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test', lastTransitionTime: null }
    await client.update(`${all}/${name}/status`, { ...stored, status: { ...stored.status, conditions: [condition] } })
    const { lastTransitionTime: _, ...set } = condition
    await seen({ ...patch, status: { ...patch.status, conditions: [set] } })

    // A whole Service of Go, of which one label is set.
    const change = { metadata: { creationTimestamp: null, labels: { 'test-service': 'patched' } }, spec: {}, status: { loadBalancer: {} } }
    await client.patch(`${all}/${name}`, change, 'strategic-merge-patch')
    await seen({ metadata: { name, labels: change.metadata.labels, creationTimestamp: expect.any(String) as string } })

    await client.delete(`${all}/${name}`)
    await seen({ metadata: { name, labels: { 'test-service-static': 'true' } } }, 'DELETED')
  })

  test('Services should delete a collection of services', async () => {
    const all = `${core}/services`
    await client.deleteCollection(all, '')
    for (const [name, label, port] of [
      ['e2e-svc-a', 'delete', 8001],
      ['e2e-svc-b', 'delete', 8002],
      ['e2e-svc-c', 'keep', 8003],
    ] as const) {
      const ports = [{ name: 'http', protocol: 'TCP', port, targetPort: port }]
      const metadata = { name, labels: { 'e2e-test-service': label } }
      await client.create(all, { apiVersion: 'v1', kind: 'Service', metadata, spec: { type: 'ClusterIP', ports } })
    }
    expect((await client.list(all)).items).toHaveLength(3)
    await client.deleteCollection(all, 'e2e-test-service=delete')
    expect((await client.list(all)).items.map(({ metadata }) => metadata.name)).toEqual(['e2e-svc-c'])
  })
})

test('what the suite looks at around every test', async () => {
  const client = createTypedClient(network, 'protobuf')
  const nodes = await client.get('/api/v1/nodes?fieldSelector=spec.unschedulable%3Dfalse&resourceVersion=0')
  expect(nodes.items).toHaveLength(2)
  for (const { spec, status } of nodes.items) {
    expect(spec).not.toHaveProperty('taints')
    expect(status).toMatchObject({
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]) as object,
      addresses: expect.arrayContaining([expect.objectContaining({ type: 'InternalIP' })]) as object,
    })
  }
  const system = '/namespaces/kube-system'
  for (const path of [`/api/v1${system}/replicationcontrollers`, `/apis/apps/v1${system}/daemonsets`, '/version']) {
    await client.get(path)
  }
  const created = await client.create('/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { generateName: 'svc-', labels: { 'e2e-framework': 'services', 'e2e-run': 'around' } },
  })
  const namespace = `/api/v1/namespaces/${created.metadata.name}`
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const account = 'serviceaccounts?fieldSelector=metadata.name%3Ddefault'
  const watch = await network.watch(`${namespace}/${account}&watch=true&${initial}`)
  await until(watch, { type: 'ADDED', object: { metadata: { name: 'default' } } })
  await client.delete(namespace)
  await network.settled()
  expect((await network.call(namespace)).code).toBe(404)
})

test('what a network has from its start can be sent back by typed Go clients', () => {
  for (const object of allObjects(network.store.snapshot())) {
    const { metadata } = decodeProtobuf(encodeProtobuf({ ...object })) as AnyObject
    expect(metadata).toEqual(object.metadata)
  }
})

/** Items of a list have none. */
function kindOf(object: Body): object {
  const { apiVersion, kind } = object as Body & { readonly apiVersion: string }
  return { apiVersion, kind }
}
