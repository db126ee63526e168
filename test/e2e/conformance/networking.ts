/** Pods and nodes to Pods without a Service, and ports of Pods on their node. */
import { expect, test } from 'vitest'
import type { Body } from '../../apiserver/api-client.ts'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, type Arena } from './arena.ts'

const PORTS = [
  { name: 'http', containerPort: 8083, protocol: 'TCP' },
  { name: 'udp', containerPort: 8081, protocol: 'UDP' },
]
const CLIENT = 'test-container-pod'

/** A datagram and what comes back, as `nc -u` of the suite's image prints it. */
export const datagram = (host: string, port: number, seconds = 5): string =>
  `timeout ${seconds} bash -c 'exec 3<>/dev/udp/${host}/${port} && echo hostName >&3 && dd bs=2000 count=1 status=none <&3'`

/** One Pod that serves on each node, and one that asks. */
async function expectEveryNodeAnswers(
  api: NetworkApi,
  hostNetwork: boolean,
  line: (host: string) => string,
): Promise<void> {
  const arena: Arena = await createArena(api)
  const { items } = await arena.client.get('/api/v1/nodes?fieldSelector=spec.unschedulable=false&resourceVersion=0')
  expect(items).toHaveLength(2)
  const probe = {
    httpGet: { path: '/healthz', port: 8083 },
    initialDelaySeconds: 0,
    timeoutSeconds: 30,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  }
  const servers = items.map(({ metadata }: Body, i: number) =>
    agnhostPod(`netserver-${i}`, {
      labels: { netserver: 'true' },
      ports: PORTS,
      container: { name: 'webserver', livenessProbe: probe, readinessProbe: probe },
      spec: { nodeSelector: { 'kubernetes.io/hostname': metadata.name } },
    }),
  )
  const pods = await arena.pods(
    ...servers,
    agnhostPod(CLIENT, { ...(!hostNetwork && { ports: PORTS }), spec: { hostNetwork } }),
  )
  for (const [i] of items.entries()) {
    const { stdout, stderr } = await arena.exec(CLIENT, line(pods[i]?.status.podIP ?? ''))
    expect([stdout.trim(), stderr]).toEqual([`netserver-${i}`, ''])
  }
}

const request = (host: string): string => `curl -g -q -sS -m 15 http://${host}:8083/hostName`

export function networkingTests(api: () => NetworkApi): void {
  test('Networking Granular Checks: Pods should function for intra-pod communication: http [NodeConformance]', async () => {
    await expectEveryNodeAnswers(api(), false, request)
  })

  test('Networking Granular Checks: Pods should function for intra-pod communication: udp [NodeConformance]', async () => {
    await expectEveryNodeAnswers(api(), false, (host) => datagram(host, 8081))
  })

  test('Networking Granular Checks: Pods should function for node-pod communication: http [LinuxOnly] [NodeConformance]', async () => {
    await expectEveryNodeAnswers(api(), true, request)
  })

  test('Networking Granular Checks: Pods should function for node-pod communication: udp [LinuxOnly] [NodeConformance]', async () => {
    await expectEveryNodeAnswers(api(), true, (host) => datagram(host, 8081))
  })

  test('HostPort validates that there is no conflict between pods with same hostPort but different hostIP and protocol [LinuxOnly]', async () => {
    const arena = await createArena(api())
    const [node, hostIP, hostPort] = ['node-1', '192.168.1.100', 54323]
    const pod = (name: string, ip: string, protocol: string): Readonly<Record<string, unknown>> =>
      agnhostPod(name, {
        ports: [
          { containerPort: 8080, hostPort, hostIP: ip, protocol },
          // A stand-in listens on no other ports than those that are declared.
          ...(protocol === 'UDP' ? [{ containerPort: 8080, protocol: 'TCP' }] : []),
        ],
        container: { readinessProbe: { httpGet: { path: '/hostname', port: 8080, scheme: 'HTTP' } } },
        spec: { nodeName: node },
      })
    await arena.pods(pod('pod1', '127.0.0.1', 'TCP'), pod('pod2', hostIP, 'TCP'), pod('pod3', hostIP, 'UDP'))
    await arena.pods(agnhostPod('e2e-host-exec', { spec: { hostNetwork: true, nodeName: node } }))
    const curl = (host: string, more = ''): string =>
      `curl -g -sS --connect-timeout 5 ${more} http://${host}:${hostPort}/hostname`
    await arena.prints('e2e-host-exec', curl('127.0.0.1', `--interface ${hostIP}`), 'pod1')
    await arena.prints('e2e-host-exec', curl(hostIP), 'pod2')
    await arena.prints('e2e-host-exec', datagram(hostIP, hostPort), 'pod3')
  })
}
