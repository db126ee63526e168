/** Endpoints and EndpointSlices of Pods that run, and traffic over slices made by hand. */
import { describe, expect, test } from 'vitest'
import type { Body } from '../../apiserver/api-client.ts'
import { agnhostPod, createArena, POLL, type Arena, type PodBody } from './arena.ts'
import type { NetworkApi } from '../network-api.ts'

const nginx = (
  name: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly object[],
): Readonly<Record<string, unknown>> =>
  agnhostPod(name, {
    labels,
    ports,
    container: { name: 'container1', image: 'registry.k8s.io/e2e-test-images/nginx:1.15-4' },
  })

/** Two Pods, and Services by number, by a name that each Pod gives another number, and for nobody. */
async function createPodsAndServices(arena: Arena): Promise<readonly PodBody[]> {
  const named = (containerPort: number): object => ({ name: 'example-name', containerPort })
  const pods = await arena.pods(
    nginx('pod1', { pod1: 'on', shared12: 'on' }, [named(3000)]),
    nginx('pod2', { pod2: 'on', shared12: 'on' }, [named(3001), { name: 'other-port', containerPort: 3002 }]),
  )
  const spec = (label: string, name: string, targetPort: number | string): object => ({
    selector: { [label]: 'on' },
    publishNotReadyAddresses: true,
    ports: [{ name, port: 80, targetPort, protocol: 'TCP' }],
  })
  await arena.service('example-int-port', spec('pod1', 'example', 3000))
  await arena.service('example-named-port', spec('shared12', 'http', 'example-name'))
  await arena.service('example-no-match', spec('pod3', 'example-no-match', 8080))
  return pods
}

const reference = (arena: Arena, { metadata: { name, uid } }: Body): object => ({
  kind: 'Pod',
  namespace: arena.namespace,
  name,
  uid,
})

const slice = (
  name: string,
  service: string,
  addresses: readonly string[],
  ports: readonly object[],
): Readonly<Record<string, unknown>> => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name,
    labels: { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': 'e2e-test.k8s.io' },
  },
  addressType: 'IPv4',
  endpoints: [{ addresses, conditions: {} }],
  ports,
})

export function endpointTests(api: () => NetworkApi): void {
  test('EndpointsController should create Endpoints for Pods matching a Service', async () => {
    const arena = await createArena(api())
    const [pod1, pod2] = (await createPodsAndServices(arena)) as [PodBody, PodBody]
    await arena.endpointsBecome('example-int-port', { pod1: [3000] })
    await arena.endpointsBecome('example-named-port', { pod1: [3000], pod2: [3001] })
    expect(await arena.client.get(`${arena.core}/endpoints/example-named-port`)).toMatchObject({
      subsets: [pod1, pod2].map((pod, i) => ({
        addresses: [{ ip: pod.status.podIP, targetRef: reference(arena, pod) }],
        ports: [{ name: 'http', port: 3000 + i, protocol: 'TCP' }],
      })),
    })
  })

  test('EndpointSlice should create Endpoints and EndpointSlices for Pods matching a Service', async () => {
    const arena = await createArena(api())
    const pods = await createPodsAndServices(arena)
    const named = async (): Promise<readonly object[]> => {
      const { items } = await arena.client.list(arena.slices, 'kubernetes.io/service-name=example-named-port')
      const portOf = (item: unknown): number => (item as { ports: readonly { port: number }[] }).ports[0]?.port ?? 0
      return [...items].sort((a, b) => portOf(a) - portOf(b))
    }
    const wanted = pods.map((pod, i) => ({
      endpoints: [{ addresses: [pod.status.podIP], targetRef: reference(arena, pod), conditions: { ready: true } }],
      ports: [{ name: 'http', port: 3000 + i, protocol: 'TCP' }],
    }))
    await arena.endpointsBecome('example-int-port', { pod1: [3000] })
    await expect.poll(named, POLL).toMatchObject(wanted)
    await arena.endpointsBecome('example-no-match', {})
    const { items } = await arena.client.list(arena.slices, 'kubernetes.io/service-name=example-no-match')
    expect(items).toHaveLength(1)
    for (const one of (await named()) as readonly Body[])
      await arena.client.delete(`${arena.slices}/${one.metadata.name}`)
    await expect.poll(named, POLL).toMatchObject(wanted)
    await arena.endpointsBecome('example-named-port', { pod1: [3000], pod2: [3001] })
  })

  test('Service endpoints latency should not be very high', async () => {
    const arena = await createArena(api())
    const labels = { name: 'svc-latency-rc' }
    await arena.client.create(`/apis/apps/v1/namespaces/${arena.namespace}/deployments`, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'svc-latency-rc' },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10.2' }] },
        },
      },
    })
    const ready = async (): Promise<unknown> =>
      (await arena.client.get(`/apis/apps/v1/namespaces/${arena.namespace}/deployments/svc-latency-rc`)).status
    await expect.poll(ready, POLL).toMatchObject({ readyReplicas: 1 })
    const watch = await arena.api.watch(`${arena.core}/endpoints?watch=true&resourceVersion=0`)
    const left = new Set(Array.from({ length: 200 }, (_, i) => `latency-svc-${i}`))
    const waiting = [...left]
    const worker = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const ports = [{ protocol: 'TCP', port: 80 }]
        await arena.service(name, { selector: labels, ports, type: 'ClusterIP', sessionAffinity: 'None' })
      }
    }
    const created = Promise.all(Array.from({ length: 15 }, worker))
    while (left.size > 0) {
      const { object } = await watch.next()
      const { subsets = [] } = object as Body & { readonly subsets?: readonly object[] }
      if (subsets.length > 0) left.delete(object.metadata.name)
    }
    await created
    watch.response.destroy()
  })

  describe('slices made by hand', () => {
    const service = async (arena: Arena, ...ports: readonly object[]): Promise<string> =>
      (await arena.service('example-custom-endpoints', { ports })).spec.clusterIP
    const serves = (name: string, port: number): object => ({
      name,
      image: 'registry.k8s.io/e2e-test-images/agnhost:2.63.0',
      ports: [{ containerPort: port, protocol: 'TCP' }],
    })

    test('EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices', async () => {
      const arena = await createArena(api())
      const clusterIP = await service(arena, { name: 'port80', port: 80 }, { name: 'port81', port: 81 })
      const containers = [serves('container-handle-8090-request', 8090), serves('container-handle-9090-request', 9090)]
      const [, pod] = await arena.pods(
        agnhostPod('pause-pod-0'),
        agnhostPod('pod-handle-http-request', { spec: { containers } }),
      )
      const addresses = [pod?.status.podIP ?? '']
      const port = (name: string, port: number): object => ({ name, port, protocol: 'TCP' })
      for (const [name, number] of [
        ['port80', 8090],
        ['port81', 9090],
      ] as const) {
        await arena.client.create(
          arena.slices,
          slice(`custom-${name}`, 'example-custom-endpoints', addresses, [port(name, number)]),
        )
      }
      for (const port of [80, 81])
        await arena.prints(
          'pause-pod-0',
          `curl -sS -m 5 http://${clusterIP}:${port}/hostname`,
          'pod-handle-http-request',
        )
    })

    test('EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices', async () => {
      const arena = await createArena(api())
      const clusterIP = await service(arena, { name: 'port80', port: 80 })
      const [, pod1, pod2] = await arena.pods(
        agnhostPod('pause-pod-0'),
        agnhostPod('pod1', { ports: [{ containerPort: 8090 }] }),
        agnhostPod('pod2', { ports: [{ containerPort: 9090 }] }),
      )
      for (const [name, address, number] of [
        ['pod1', pod1?.status.podIP ?? '', 8090],
        ['pod2', pod2?.status.podIP ?? '', 9090],
      ] as const) {
        const ports = [{ name: 'port80', port: number, protocol: 'TCP' }]
        await arena.client.create(arena.slices, slice(`custom-${name}`, 'example-custom-endpoints', [address], ports))
      }
      const twice = `for i in 1 2; do curl -sS -m 5 http://${clusterIP}/hostname; done | sort`
      await arena.prints('pause-pod-0', twice, 'pod1\npod2')
    })
  })
}
