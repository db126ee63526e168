/** Connections to Services from a Pod: every type, changes of it, and session affinity. */
import { describe, expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, POLL, type Arena, type ServiceBody } from './arena.ts'
import { datagram } from './networking.ts'

const NODES = ['192.168.1.100', '192.168.1.101']
const EXEC_POD = 'execpod'

const hostname = (host: string, port: number): string =>
  `curl -g -q -sS --connect-timeout 2 -m 5 http://${host}:${port}/hostname`
const http = (targetPort: number): object => ({ name: 'http', port: 80, protocol: 'TCP', targetPort })

/** Some of the Pods answer at each host and port. */
async function expectReachable(
  arena: Arena,
  targets: readonly (readonly [host: string, port: number])[],
  pods: readonly string[],
): Promise<void> {
  const lines = targets.map(([host, port]) => hostname(host, port))
  await arena.prints(EXEC_POD, lines.join('; '), new RegExp(`^((${pods.join('|')})\\n?){${targets.length}}$`))
}

/** By name, ClusterIP, and where there is one by the nodePort of every node. */
async function expectServiceReachable(
  arena: Arena,
  { metadata: { name }, spec }: ServiceBody,
  pods: readonly string[],
): Promise<void> {
  const [{ port, nodePort } = { port: 0, nodePort: undefined }] = spec.ports
  const byNode = nodePort === undefined ? [] : NODES.map((node) => [node, nodePort] as const)
  await expectReachable(arena, [[name, port], [spec.clusterIP, port], ...byNode], pods)
}

async function deletePod(arena: Arena, name: string): Promise<void> {
  await arena.client.delete(`${arena.core}/pods/${name}`)
}

const server = (
  name: string,
  labels: Readonly<Record<string, string>>,
  ...ports: readonly object[]
): Readonly<Record<string, unknown>> => agnhostPod(name, { labels, ports })

/** As many Pods as the suite's Services have, and the one that asks. Their names. */
async function servers(
  arena: Arena,
  labels: Readonly<Record<string, string>>,
  count: number,
): Promise<readonly string[]> {
  const names = Array.from({ length: count }, (_, i) => `server-${i}`)
  await arena.pods(...names.map((name) => server(name, labels, { containerPort: 9376 })), agnhostPod(EXEC_POD))
  return names
}

export function serviceTests(api: () => NetworkApi): void {
  test('Services should serve endpoints on same port and different protocols', async () => {
    const arena = await createArena(api())
    const labels = { app: 'multiport' }
    const port = (protocol: string): object => ({
      name: `${protocol.toLowerCase()}-port`,
      port: 80,
      targetPort: 80,
      protocol,
    })
    const containerPort = (protocol: string): object => ({
      name: `${protocol.toLowerCase()}-port`,
      containerPort: 80,
      protocol,
    })
    const { spec } = await arena.service(
      'multiprotocol-test',
      { selector: labels, ports: [port('TCP'), port('UDP')] },
      labels,
    )
    await arena.pods(server('pod1', labels, containerPort('TCP'), containerPort('UDP')), agnhostPod(EXEC_POD))
    await arena.endpointsBecome('multiprotocol-test', { pod1: [80, 80] })
    const ask = { TCP: hostname(spec.clusterIP, 80), UDP: datagram(spec.clusterIP, 80, 0.5) }
    await arena.prints(EXEC_POD, ask.TCP, 'pod1')
    await arena.prints(EXEC_POD, ask.UDP, 'pod1')
    for (const [stays, goes] of [
      ['TCP', 'UDP'],
      ['UDP', 'TCP'],
    ] as const) {
      await arena.updateService('multiprotocol-test', (spec) => ({ ...spec, ports: [port(stays)] }))
      await arena.prints(EXEC_POD, ask[stays], 'pod1')
      await expect.poll(async () => (await arena.exec(EXEC_POD, ask[goes])).code, POLL).not.toBe(0)
    }
  })

  test('Services should serve a basic endpoint from pods', async () => {
    const arena = await createArena(api())
    const labels = { foo: 'bar', baz: 'blah' }
    const service = await arena.service('endpoint-test2', { selector: labels, ports: [{ port: 80, targetPort: 80 }] })
    await arena.endpointsBecome('endpoint-test2', {})
    await arena.pods(server('pod1', labels, { containerPort: 80 }), agnhostPod(EXEC_POD))
    await arena.endpointsBecome('endpoint-test2', { pod1: [80] })
    await expectServiceReachable(arena, service, ['pod1'])
    await arena.pods(server('pod2', labels, { containerPort: 80 }))
    await arena.endpointsBecome('endpoint-test2', { pod1: [80], pod2: [80] })
    await expectServiceReachable(arena, service, ['pod1', 'pod2'])
    await deletePod(arena, 'pod1')
    await arena.endpointsBecome('endpoint-test2', { pod2: [80] })
    await expectServiceReachable(arena, service, ['pod2'])
    await deletePod(arena, 'pod2')
    await arena.endpointsBecome('endpoint-test2', {})
  })

  test('Services should serve multiport endpoints from pods', async () => {
    const arena = await createArena(api())
    const labels = { foo: 'bar' }
    const ports = [
      { name: 'portname1', port: 80, targetPort: 'svc1' },
      { name: 'portname2', port: 81, targetPort: 'svc2' },
    ]
    const { spec } = await arena.service('multi-endpoint-test', { selector: labels, ports })
    await arena.endpointsBecome('multi-endpoint-test', {})
    await arena.pods(server('pod1', labels, { name: 'svc1', containerPort: 100 }), agnhostPod(EXEC_POD))
    await arena.endpointsBecome('multi-endpoint-test', { pod1: [100] })
    await arena.pods(server('pod2', labels, { name: 'svc2', containerPort: 101 }))
    await arena.endpointsBecome('multi-endpoint-test', { pod1: [100], pod2: [101] })
    await expectReachable(arena, [[spec.clusterIP, 80]], ['pod1'])
    await expectReachable(arena, [[spec.clusterIP, 81]], ['pod2'])
    await deletePod(arena, 'pod1')
    await arena.endpointsBecome('multi-endpoint-test', { pod2: [101] })
    await deletePod(arena, 'pod2')
    await arena.endpointsBecome('multi-endpoint-test', {})
  })

  test('Services should be able to create a functioning NodePort service', async () => {
    const arena = await createArena(api())
    const labels = { testid: 'nodeport-test' }
    const service = await arena.service(
      'nodeport-test',
      { type: 'NodePort', selector: labels, ports: [http(9376)] },
      labels,
    )
    await expectServiceReachable(arena, service, await servers(arena, labels, 2))
  })

  describe('another type', () => {
    const labels = { testid: 'service' }

    test.each([
      ['Services should be able to change the type from ExternalName to ClusterIP', 'ClusterIP'],
      ['Services should be able to change the type from ExternalName to NodePort', 'NodePort'],
    ])('%s', async (_name, type) => {
      const arena = await createArena(api())
      const made = await arena.service('externalname-service', {
        type: 'ExternalName',
        externalName: 'foo.example.com',
        selector: labels,
      })
      expect(made.spec).not.toHaveProperty('clusterIP')
      const changed = await arena.updateService('externalname-service', (spec) => ({
        ...spec,
        externalName: '',
        type,
        ports: [http(9376)],
      }))
      await expectServiceReachable(arena, changed, await servers(arena, labels, 2))
    })

    test.each([
      ['Services should be able to change the type from ClusterIP to ExternalName', 'ClusterIP'],
      ['Services should be able to change the type from NodePort to ExternalName', 'NodePort'],
    ])('%s', async (_name, type) => {
      const arena = await createArena(api())
      await arena.service('changed', { type, selector: labels, ports: [http(80)] })
      await arena.service('externalsvc', { selector: { name: 'externalsvc' }, ports: [http(9376)] })
      await servers(arena, { name: 'externalsvc' }, 2)
      const externalName = `externalsvc.${arena.namespace}.svc.cluster.local`
      const { spec } = await arena.updateService('changed', (spec) => ({ ...spec, type: 'ExternalName', externalName }))
      expect(spec).not.toHaveProperty('clusterIP')
      const name = `changed.${arena.namespace}.svc.cluster.local`
      await arena.prints(
        EXEC_POD,
        `nslookup ${name}`,
        new RegExp(`^${name}\\s+canonical name = ${externalName}\\.$`, 'm'),
      )
    })
  })

  describe('session affinity', () => {
    const labels = { name: 'affinity' }

    /** 15 connections of one client, and how many Pods they were. */
    const seen = async (arena: Arena, host: string, port: number): Promise<number> => {
      const { stdout } = await arena.exec(EXEC_POD, `for i in $(seq 15); do ${hostname(host, port)}; done`)
      const answers = stdout.trim().split('\n')
      expect(answers).toHaveLength(15)
      return new Set(answers).size
    }
    const createSticky = async (
      arena: Arena,
      type: string,
    ): Promise<{ readonly host: string; readonly port: number }> => {
      const service = await arena.service('affinity', {
        type,
        selector: labels,
        sessionAffinity: 'ClientIP',
        ports: [http(9376)],
      })
      const { spec } = service
      expect(spec['sessionAffinityConfig']).toEqual({ clientIP: { timeoutSeconds: 10800 } })
      const names = await servers(arena, labels, 3)
      await arena.endpointsBecome('affinity', Object.fromEntries(names.map((name) => [name, [9376]])))
      await expectServiceReachable(arena, service, names)
      const [port] = spec.ports
      return type === 'NodePort'
        ? { host: NODES[0] ?? '', port: port?.nodePort ?? 0 }
        : { host: spec.clusterIP, port: port?.port ?? 0 }
    }

    test.each([
      ['Services should have session affinity work for service with type clusterIP [LinuxOnly]', 'ClusterIP'],
      ['Services should have session affinity work for NodePort service [LinuxOnly]', 'NodePort'],
    ])('%s', async (_name, type) => {
      const arena = await createArena(api())
      const { host, port } = await createSticky(arena, type)
      expect(await seen(arena, host, port)).toBe(1)
    })

    test.each([
      ['Services should be able to switch session affinity for service with type clusterIP [LinuxOnly]', 'ClusterIP'],
      ['Services should be able to switch session affinity for NodePort service [LinuxOnly]', 'NodePort'],
    ])('%s', async (_name, type) => {
      const arena = await createArena(api())
      const { host, port } = await createSticky(arena, type)
      await arena.updateService('affinity', (spec) => ({ ...spec, sessionAffinity: 'None' }))
      await expect.poll(() => seen(arena, host, port), POLL).toBeGreaterThan(1)
      await arena.updateService('affinity', (spec) => ({ ...spec, sessionAffinity: 'ClientIP' }))
      await expect.poll(() => seen(arena, host, port), POLL).toBe(1)
    })
  })
}
