/** Datagrams of one client port, which connection tracking takes for one connection, while servers come and go. */
import { describe, expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, POLL, type Arena } from './arena.ts'

const LABELS = { app: 'udp' }
const NODES = { client: 'node-1', server: 'node-2' }

const server = (name: string, nodeName: string, containerPorts = [80]): Readonly<Record<string, unknown>> =>
  agnhostPod(name, {
    labels: LABELS,
    ports: containerPorts.map((containerPort) => ({ containerPort, protocol: 'UDP' })),
    spec: { nodeName },
  })

async function startClient(arena: Arena, args: string, hostNetwork = false): Promise<void> {
  const line = `exec node test/e2e/conformance/udp-client.mjs ${args}`
  const annotations = { 'portolan.dev/run.agnhost-container': line }
  await arena.pods(agnhostPod('pod-client', { annotations, spec: { nodeName: NODES.client, hostNetwork } }))
}

/** Who answered, one after the other. */
async function expectAnswers(arena: Arena, ...names: readonly string[]): Promise<void> {
  const logs = async (): Promise<string> => (await arena.api.call(`${arena.core}/pods/pod-client/log`)).text
  await expect.poll(logs, POLL).toBe(names.map((name) => `${name}\n`).join(''))
}

const ports = [{ name: 'udp', protocol: 'UDP', port: 80, targetPort: 80 }]

export function conntrackTests(api: () => NetworkApi): void {
  describe('the server Pod is another one', () => {
    test.each([
      [
        'Conntrack should be able to preserve UDP traffic when server pod cycles for a NodePort service',
        { type: 'NodePort' },
        false,
      ],
      ['Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service', {}, false],
      [
        'Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service and client is hostNetwork',
        {},
        true,
      ],
      [
        'Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service with InternalTrafficPolicy set to Local',
        { internalTrafficPolicy: 'Local' },
        false,
      ],
    ])('%s', async (_name, more, hostNetwork) => {
      const arena = await createArena(api())
      const node = 'internalTrafficPolicy' in more ? NODES.client : NODES.server
      const { spec } = await arena.service('svc-udp', { selector: LABELS, ports, ...more })
      const [port] = spec.ports
      const [host, number] = 'type' in more ? ['192.168.1.100', port?.nodePort ?? 0] : [spec.clusterIP, 80]
      await startClient(arena, `${host} ${number}`, hostNetwork)
      await arena.pods(server('pod-server-1', node))
      await expectAnswers(arena, 'pod-server-1')
      await arena.pods(server('pod-server-2', node))
      await arena.client.delete(`${arena.core}/pods/pod-server-1`)
      await expectAnswers(arena, 'pod-server-1', 'pod-server-2')
    })
  })

  test('Conntrack should be able to preserve UDP traffic when initial unready endpoints get ready', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.service('svc-udp', { selector: LABELS, ports })
    await startClient(arena, `${spec.clusterIP} 80`)
    const gate = { conditionType: 'example.com/gate' }
    const pod = server('pod-server-1', NODES.server) as { readonly spec: object }
    await arena.client.create(`${arena.core}/pods`, { ...pod, spec: { ...pod.spec, readinessGates: [gate] } })
    const path = `${arena.core}/pods/pod-server-1`
    const status = async (): Promise<object> => (await arena.client.get(path)).status
    await expect.poll(status, POLL).toMatchObject({ phase: 'Running' })
    const conditions = [{ type: gate.conditionType, status: 'True' }]
    await arena.client.patch(`${path}/status`, { status: { conditions } }, 'strategic-merge-patch')
    await expectAnswers(arena, 'pod-server-1')
  })

  test('UDP traffic follows a change of the target port', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.service('svc-udp', { type: 'NodePort', selector: LABELS, ports })
    await startClient(arena, `192.168.1.100 ${spec.ports[0]?.nodePort ?? 0} who`)
    const [pod] = await arena.pods(server('pod-server-1', NODES.server, [80, 81]))
    const answer = (port: number): string => `pod/pod-server-1 node/${NODES.server} ${pod?.status.podIP}:${port}`
    await expectAnswers(arena, answer(80))
    await arena.updateService('svc-udp', (spec) => ({
      ...spec,
      ports: [{ ...(spec['ports'] as readonly object[])[0], targetPort: 81 }],
    }))
    await expectAnswers(arena, answer(80), answer(81))
  })
}
