/** Tests of the suite that are no conformance tests: what else Services do on one node. */
import { describe, expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, POLL, type Arena, type ServiceBody } from './arena.ts'

const EXEC_POD = 'execpod'
const hostname = (host: string, port: number, seconds = 5): string =>
  `curl -g -q -sS -m ${seconds} http://${host}:${port}/hostname`
const http = (targetPort: number): object => ({ name: 'http', port: 80, protocol: 'TCP', targetPort })

/** Refused, or dropped as whatever is sent to an address that no Service has. */
async function expectDown(arena: Arena, host: string, port: number): Promise<void> {
  await expect.poll(async () => (await arena.exec(EXEC_POD, hostname(host, port, 0.2))).code, POLL).not.toBe(0)
}

async function relabel(arena: Arena, name: string, labels: Readonly<Record<string, string>>): Promise<void> {
  const path = `${arena.core}/services/${name}`
  const service = await arena.client.get(path)
  await arena.client.update(path, { ...service, metadata: { ...service.metadata, labels } })
}

export function furtherTests(api: () => NetworkApi): void {
  test('Services should allow pods to hairpin back to themselves through services', async () => {
    const arena = await createArena(api())
    const labels = { app: 'hairpin' }
    const { spec } = await arena.service('hairpin-test', {
      selector: labels,
      ports: [{ port: 8080, targetPort: 8080 }],
    })
    await arena.pods(agnhostPod('hairpin', { labels, ports: [{ containerPort: 8080 }] }))
    await arena.prints('hairpin', hostname(spec.clusterIP, 8080), 'hairpin')
  })

  test('Services should be rejected when no endpoints exist', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.service('no-pods', { selector: { app: 'no-pods' }, ports: [http(80)] })
    await arena.pods(agnhostPod(EXEC_POD))
    await expect.poll(() => arena.exec(EXEC_POD, hostname(spec.clusterIP, 80)), POLL).toMatchObject({ code: 7 })
  })

  test.each([
    [
      'Services should implement service.kubernetes.io/service-proxy-name',
      { 'service.kubernetes.io/service-proxy-name': 'foo-bar' },
    ],
    ['Services should implement service.kubernetes.io/headless', { 'service.kubernetes.io/headless': '' }],
  ])('%s', async (_name, label) => {
    const arena = await createArena(api())
    const labels = { app: 'served' }
    const spec = { selector: labels, ports: [http(9376)] }
    const disabled = await arena.service('disabled', spec, label)
    const toggled = await arena.service('toggled', spec)
    await arena.pods(agnhostPod('served', { labels, ports: [{ containerPort: 9376 }] }), agnhostPod(EXEC_POD))
    const up = (): Promise<void> => arena.prints(EXEC_POD, hostname(toggled.spec.clusterIP, 80), 'served')
    await up()
    await expectDown(arena, disabled.spec.clusterIP, 80)
    await relabel(arena, 'toggled', label)
    await expectDown(arena, toggled.spec.clusterIP, 80)
    await relabel(arena, 'toggled', {})
    await up()
    await expectDown(arena, disabled.spec.clusterIP, 80)
  })

  test('Services should be possible to connect to a service via ExternalIP when the external IP is not assigned to a node', async () => {
    const arena = await createArena(api())
    const labels = { app: 'external' }
    await arena.service('external', { selector: labels, ports: [http(9376)], externalIPs: ['203.0.113.250'] })
    await arena.pods(agnhostPod('served', { labels, ports: [{ containerPort: 9376 }] }), agnhostPod(EXEC_POD))
    await arena.prints(EXEC_POD, hostname('203.0.113.250', 80), 'served')
  })

  test('Services should be updated after adding or deleting ports', async () => {
    const arena = await createArena(api())
    const labels = { app: 'ports' }
    const port = (name: string, port: number, targetPort: number): object => ({
      name,
      port,
      targetPort,
      protocol: 'TCP',
    })
    const { spec } = await arena.service('edit-port-test', { selector: labels, ports: [port('p80', 80, 80)] })
    const ports = [80, 8080].map((containerPort) => ({ containerPort }))
    await arena.pods(agnhostPod('served', { labels, ports }), agnhostPod(EXEC_POD))
    await arena.prints(EXEC_POD, hostname(spec.clusterIP, 80), 'served')
    await arena.updateService('edit-port-test', (spec) => ({
      ...spec,
      ports: [port('p80', 80, 80), port('p81', 81, 8080)],
    }))
    await arena.endpointsBecome('edit-port-test', { served: [80, 8080] })
    await arena.prints(EXEC_POD, hostname(spec.clusterIP, 81), 'served')
    await arena.updateService('edit-port-test', (spec) => ({ ...spec, ports: [port('p81', 81, 8080)] }))
    await expectDown(arena, spec.clusterIP, 80)
    await arena.prints(EXEC_POD, hostname(spec.clusterIP, 81), 'served')
  })

  describe('Pods that are not ready', () => {
    test('Services should create endpoints for unready pods', async () => {
      const arena = await createArena(api())
      const labels = { name: 'slow-terminating-unready-pod' }
      const container = {
        readinessProbe: { exec: { command: ['/bin/false'] } },
        lifecycle: { preStop: { exec: { command: ['/bin/sleep', '100'] } } },
      }
      const annotations = { 'portolan.dev/run.agnhost-container': 'exec node test/e2e/conformance/porter.mjs' }
      const env = [{ name: 'SERVE_PORT_80', value: 'unready' }]
      const pod = agnhostPod('unready', {
        labels,
        annotations,
        ports: [{ containerPort: 80 }],
        container: { ...container, env },
        spec: { terminationGracePeriodSeconds: 100 },
      })
      const { metadata } = await arena.service('tolerate-unready', {
        selector: labels,
        ports: [{ name: 'http', port: 80 }],
        publishNotReadyAddresses: true,
      })
      const publish = (publishNotReadyAddresses: boolean): Promise<ServiceBody> =>
        arena.updateService(metadata.name, (spec) => ({ ...spec, publishNotReadyAddresses }))
      await arena.client.create(`${arena.core}/pods`, pod)
      await arena.pods(agnhostPod(EXEC_POD))
      const name = `tolerate-unready.${arena.namespace}.svc.cluster.local`
      const line = `curl -q -s --connect-timeout 2 http://${name}:80/`
      await arena.prints(EXEC_POD, line, 'unready')
      await arena.client.delete(`${arena.core}/pods/unready`)
      await publish(false)
      await expect.poll(async () => (await arena.exec(EXEC_POD, line)).code, POLL).not.toBe(0)
      // It is terminating, and serves on until its hook is done.
      await publish(true)
      await arena.prints(EXEC_POD, line, 'unready')
      const now = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0 }
      await api().call(`${arena.core}/pods/unready`, { method: 'DELETE', body: now })
      await expect.poll(async () => (await api().call(`${arena.core}/pods/unready`)).code, POLL).toBe(404)
    })
  })

  test('EndpointSliceMirroring should mirror a custom Endpoint with multiple subsets and same IP address', async () => {
    const arena = await createArena(api())
    const name = 'example-custom-endpoints'
    const ports = [80, 81].map((port) => ({ name: `port${port}`, port, protocol: 'TCP' }))
    const { spec } = await arena.service(name, { ports })
    const containerPorts = [8090, 9090].map((containerPort) => ({ containerPort }))
    const [, pod] = await arena.pods(agnhostPod(EXEC_POD), agnhostPod('served', { ports: containerPorts }))
    const addresses = [{ ip: pod?.status.podIP }]
    const subsets = [
      { addresses, ports: [{ name: 'port80', port: 8090 }] },
      { addresses, ports: [{ name: 'port81', port: 9090 }] },
    ]
    await arena.client.create(`${arena.core}/endpoints`, {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name },
      subsets,
    })
    for (const port of [80, 81]) await arena.prints(EXEC_POD, hostname(spec.clusterIP, port), 'served')
    await arena.client.delete(`${arena.core}/endpoints/${name}`)
    const left = async (): Promise<number> =>
      (await arena.client.list(arena.slices, `kubernetes.io/service-name=${name}`)).items.length
    await expect.poll(left, POLL).toBe(0)
  })
}
