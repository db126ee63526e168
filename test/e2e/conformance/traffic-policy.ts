/** Which endpoints a node sends to: its own, those that end, and what the server sees of the client. */
import { describe, expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, POLL, type Arena, type PodBody } from './arena.ts'

const [NODE_1, NODE_2] = ['192.168.1.100', '192.168.1.101'] as const
const LABELS = { app: 'policy' }
const PORTS = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }]
/** A name for the client on each node. */
const [HERE, THERE] = ['pause-pod-0', 'pause-pod-1'] as const

const get = (host: string, port = 80, path = '/hostname'): string => `curl -q -s -m 5 http://${host}:${port}${path}`

async function createClients(arena: Arena, hostNetwork = false): Promise<readonly PodBody[]> {
  const client = (name: string, nodeName: string): Readonly<Record<string, unknown>> =>
    agnhostPod(name, { spec: { nodeName, hostNetwork } })
  return arena.pods(client(HERE, 'node-1'), client(THERE, 'node-2'))
}

/** On node-1. Serves on while it ends, for as long as its hook takes. */
const server = (): Readonly<Record<string, unknown>> =>
  agnhostPod('webserver-0', {
    labels: LABELS,
    annotations: { 'portolan.dev/run.agnhost-container': 'exec node test/e2e/conformance/porter.mjs' },
    ports: [{ containerPort: 80 }],
    container: {
      env: [{ name: 'SERVE_PORT_80', value: 'webserver-0' }],
      readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
      lifecycle: { preStop: { exec: { command: ['/bin/sleep', '100'] } } },
    },
    spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 100 },
  })

async function expectNoAnswer(arena: Arena, pod: string, host: string, port = 80): Promise<void> {
  const line = `curl -q -s -m 0.3 http://${host}:${port}/hostname`
  await expect.poll(async () => (await arena.exec(pod, line)).code, POLL).not.toBe(0)
}

/** Its deletion is asked for, and it is still there. */
async function beginEnd(arena: Arena): Promise<void> {
  await arena.client.delete(`${arena.core}/pods/webserver-0`)
  const conditions = async (): Promise<unknown> => (await arena.client.list(arena.slices)).items[0]
  await expect.poll(conditions, POLL).toMatchObject({
    endpoints: [{ conditions: { ready: false, serving: true, terminating: true } }],
  })
}

async function endNow(arena: Arena): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }
  await arena.api.call(`${arena.core}/pods/webserver-0`, { method: 'DELETE', body })
}

export function trafficPolicyTests(api: () => NetworkApi): void {
  test('Services should preserve source pod IP for traffic thru service cluster IP [LinuxOnly]', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.service('sourceip-test', { selector: LABELS, ports: PORTS })
    await arena.pods(
      agnhostPod('echo', { labels: LABELS, ports: [{ containerPort: 80 }], spec: { nodeName: 'node-1' } }),
    )
    for (const { metadata, status } of await createClients(arena)) {
      await arena.prints(metadata.name, get(spec.clusterIP, 80, '/clientip'), new RegExp(`^${status.podIP}:\\d+$`))
    }
  })

  describe('internalTrafficPolicy: Local', () => {
    const spec = { selector: LABELS, ports: PORTS, internalTrafficPolicy: 'Local' }

    test.each([
      ['Services should respect internalTrafficPolicy=Local Pod to Pod', false],
      ['Services should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod', true],
    ])('%s', async (_name, hostNetwork) => {
      const arena = await createArena(api())
      const { spec: made } = await arena.service('local', spec)
      await arena.pods(
        agnhostPod('served', { labels: LABELS, ports: [{ containerPort: 80 }], spec: { nodeName: 'node-1' } }),
      )
      await createClients(arena, hostNetwork)
      await arena.prints(HERE, get(made.clusterIP), 'served')
      await expectNoAnswer(arena, THERE, made.clusterIP)
    })

    test('Services should fallback to local terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Local', async () => {
      const arena = await createArena(api())
      const { spec: made } = await arena.service('local', spec)
      await createClients(arena)
      await arena.pods(server())
      await beginEnd(arena)
      await arena.prints(HERE, get(made.clusterIP), 'webserver-0')
      await expectNoAnswer(arena, THERE, made.clusterIP)
      await endNow(arena)
    })
  })

  test('Services should fallback to terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Cluster', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.service('cluster', { selector: LABELS, ports: PORTS })
    await createClients(arena)
    await arena.pods(server())
    await beginEnd(arena)
    for (const client of [HERE, THERE]) await arena.prints(client, get(spec.clusterIP), 'webserver-0')
    await endNow(arena)
    for (const client of [HERE, THERE]) await expectNoAnswer(arena, client, spec.clusterIP)
  })

  test('Services should fallback to local terminating endpoints when there are no ready endpoints with externalTrafficPolicy=Local', async () => {
    const arena = await createArena(api())
    const type = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' }
    const { spec } = await arena.service('external', { selector: LABELS, ports: PORTS, ...type })
    const nodePort = spec.ports[0]?.nodePort ?? 0
    const healthPort = Number(spec['healthCheckNodePort'])
    const health = (node: string): string =>
      `curl -q -s -o /dev/null -m 1 -w '%{http_code}' http://${node}:${healthPort}/healthz`
    await createClients(arena)
    await arena.pods(server())
    await arena.prints(THERE, health(NODE_1), '200')
    await arena.prints(THERE, health(NODE_2), '503')
    await beginEnd(arena)
    for (const client of [HERE, THERE]) await arena.prints(client, get(NODE_1, nodePort), 'webserver-0')
    await expectNoAnswer(arena, HERE, NODE_2, nodePort)
    // Nothing new is to come from outside.
    await arena.prints(THERE, health(NODE_1), '503')
    await endNow(arena)
  })
}
