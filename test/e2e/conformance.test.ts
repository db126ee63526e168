/**
 * The conformance tests of [sig-network] that need Pods, step by step as Kubernetes' own suite takes them, against one
 * network. Stand-ins answer in place of the suite's image, except where a program of the machine does what it would.
 * ../../docs/conformance.md has the list.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTypedClient } from '../apiserver/typed-client.ts'
import { conntrackTests } from './conformance/conntrack.ts'
import { dnsTests } from './conformance/dns.ts'
import { endpointTests } from './conformance/endpoints.ts'
import { furtherTests } from './conformance/further.ts'
import { networkingTests } from './conformance/networking.ts'
import { proxyTests } from './conformance/proxy.ts'
import { serviceTests } from './conformance/services.ts'
import { trafficPolicyTests } from './conformance/traffic-policy.ts'
import { apiOf, type NetworkApi } from './network-api.ts'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing('bash', 'dig', 'getent', 'nslookup')

describe.skipIf(reason !== undefined)(title('conformance', reason), () => {
  let machine: Machine
  let api: NetworkApi
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up()
    api = await apiOf(machine)
  })
  afterAll(async () => {
    api.close()
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  endpointTests(() => api)
  networkingTests(() => api)
  proxyTests(() => api)
  serviceTests(() => api)
  dnsTests(() => api)
  furtherTests(() => api)
  conntrackTests(() => api)
  trafficPolicyTests(() => api)

  test('what typed Go clients read, they can write back', async () => {
    const client = createTypedClient(api, 'protobuf')
    const annotations = { touched: 'true' }
    for (const [group, plural] of [
      ['/api/v1', 'pods'],
      ['/api/v1', 'nodes'],
      ['/api/v1', 'namespaces'],
      ['/apis/apps/v1', 'deployments'],
      ['/apis/apps/v1', 'replicasets'],
      ['/apis/discovery.k8s.io/v1', 'endpointslices'],
    ] as const) {
      const [object] = (await client.list(`${group}/${plural}`)).items
      const { name, namespace } = object?.metadata ?? {}
      const path = `${group}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}/${name}`
      const { spec, status, ...read } = await client.get(path)
      const metadata = { ...read.metadata, annotations }
      const written = await client.update(path, { ...read, ...(spec && { spec }), ...(status && { status }), metadata })
      expect(written).toMatchObject({
        metadata: { name, annotations },
        ...(spec && { spec }),
        ...(status && { status }),
      })
    }
  })
})
