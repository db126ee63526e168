/** What each conformance test gets: a namespace of its own, and words for what the suite does in it. */
import { expect } from 'vitest'
import type { Body } from '../../apiserver/api-client.ts'
import { createTypedClient, type TypedClient } from '../../apiserver/typed-client.ts'
import type { NetworkApi } from '../network-api.ts'
import type { Outcome } from '../network.ts'

export interface Arena {
  readonly api: NetworkApi
  readonly client: TypedClient
  readonly namespace: string
  /** `/api/v1/namespaces/NAMESPACE` */
  readonly core: string
  readonly slices: string
  /** Made, and waited for until they are ready, in order of their names. */
  pods(...pods: readonly Readonly<Record<string, unknown>>[]): Promise<readonly PodBody[]>
  service(name: string, spec: object, labels?: object): Promise<ServiceBody>
  /** Reads the Service, changes its spec and writes it whole. */
  updateService(name: string, change: (spec: Readonly<Record<string, unknown>>) => object): Promise<ServiceBody>
  /** Waits until Endpoints and EndpointSlices of the Service have these ports of these Pods, and no others. */
  endpointsBecome(service: string, ports: Readonly<Record<string, readonly number[]>>): Promise<void>
  exec(pod: string, line: string, container?: string): Promise<Outcome>
  /** Runs the line until it prints what is wanted. */
  prints(pod: string, line: string, wanted: string | RegExp): Promise<void>
}

export interface PodBody extends Body {
  readonly status: Body['status'] & { readonly podIP: string; readonly hostIP: string }
}

export interface ServiceBody extends Body {
  readonly spec: Body['spec'] & Readonly<Record<string, unknown>>
}

export const POLL = { interval: 20, timeout: 20_000 }
export const DISCOVERY = '/apis/discovery.k8s.io/v1'

let namespaces = 0

/** Namespaces are left to the end of the network, as the suite leaves them to the cluster. */
export async function createArena(api: NetworkApi): Promise<Arena> {
  // Bodies as typed Go clients send them.
  const client = createTypedClient(api, 'protobuf')
  const namespace = `conformance-${++namespaces}`
  const core = `/api/v1/namespaces/${namespace}`
  const slices = `${DISCOVERY}/namespaces/${namespace}/endpointslices`
  await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  const codes = async (): Promise<readonly number[]> => [
    (await api.call(`${core}/serviceaccounts/default`)).code,
    (await api.call(`${core}/configmaps/kube-root-ca.crt`)).code,
  ]
  await expect.poll(codes, POLL).toEqual([200, 200])

  const pods: Arena['pods'] = async (...given) => {
    for (const pod of given) await client.create(`${core}/pods`, pod)
    const names = given.map(({ metadata }) => (metadata as { readonly name: string }).name).toSorted()
    return Promise.all(names.map((name) => readyPod(client, `${core}/pods/${name}`)))
  }
  const exec: Arena['exec'] = (pod, line, container) => api.exec(`${namespace}/${pod}`, line, container)
  return {
    api,
    client,
    namespace,
    core,
    slices,
    pods,
    service: (name, spec, labels) =>
      client.create(`${core}/services`, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, ...(labels && { labels }) },
        spec,
      }),
    async updateService(name, change) {
      const stored = await client.get(`${core}/services/${name}`)
      return client.update(`${core}/services/${name}`, { ...stored, spec: change(stored.spec) })
    },
    endpointsBecome: (service, ports) => endpointsBecome({ client, core, slices }, service, ports),
    exec,
    async prints(pod, line, wanted) {
      const printed = async (): Promise<string> => (await exec(pod, line)).stdout.trim()
      if (typeof wanted === 'string') await expect.poll(printed, POLL).toBe(wanted)
      else await expect.poll(printed, POLL).toMatch(wanted)
    },
  }
}

async function readyPod(client: TypedClient, path: string): Promise<PodBody> {
  let found: PodBody | undefined
  await expect
    .poll(async () => {
      found = (await client.get(path)) as PodBody
      return found.status
    }, POLL)
    .toMatchObject({
      conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]) as object,
    })
  return found as PodBody
}

interface Ported {
  readonly ports?: readonly { readonly port: number }[]
  readonly addresses?: readonly { readonly targetRef?: { readonly name: string } }[]
  readonly endpoints?: readonly { readonly targetRef?: { readonly name: string } }[] | null
}

async function endpointsBecome(
  { client, core, slices }: Pick<Arena, 'client' | 'core' | 'slices'>,
  service: string,
  ports: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const selector = `kubernetes.io/service-name=${service}`
  const found = async (): Promise<object> => {
    const endpoints = (await client.get(`${core}/endpoints/${service}`)) as Body & {
      readonly subsets?: readonly Ported[]
    }
    const { items } = (await client.list(slices, selector)) as { readonly items: readonly Ported[] }
    return { endpoints: portsByPod(endpoints.subsets ?? []), slices: portsByPod(items) }
  }
  await expect.poll(found, POLL).toEqual({ endpoints: ports, slices: ports })
}

function portsByPod(parts: readonly Ported[]): Readonly<Record<string, readonly number[]>> {
  const found: Record<string, number[]> = {}
  for (const { ports = [], addresses = [], endpoints } of parts) {
    for (const { targetRef } of [...addresses, ...(endpoints ?? [])]) {
      const name = targetRef?.name ?? 'nobody'
      if ((ports ?? []).length > 0)
        found[name] = [...(found[name] ?? []), ...(ports ?? []).map(({ port }) => port)].toSorted((a, b) => a - b)
    }
  }
  return found
}

export interface PodOptions {
  readonly labels?: Readonly<Record<string, string>>
  readonly ports?: readonly object[]
  readonly spec?: object
  readonly container?: object
  readonly annotations?: Readonly<Record<string, string>>
}

/** One container of the suite's own image, for which a stand-in answers. */
export function agnhostPod(
  name: string,
  { labels, ports = [], spec, container, annotations }: PodOptions = {},
): Readonly<Record<string, unknown>> {
  const image = 'registry.k8s.io/e2e-test-images/agnhost:2.63.0'
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'agnhost-container', image, ports, ...container }], ...spec },
  }
}
