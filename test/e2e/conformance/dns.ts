/** Names as Pods see them. */
import { expect, test } from 'vitest'
import type { NetworkApi } from '../network-api.ts'
import { agnhostPod, createArena, type Arena, type PodBody } from './arena.ts'

const SERVICE = 'dns-test-service'
const HOSTNAME = 'dns-querier-1'
const QUERIER = 'dns-test'

interface Question {
  readonly name: string
  readonly type: string
  readonly data: string
}

/** The data of each record over UDP, then over TCP: the same. */
async function expectRecords(arena: Arena, ...questions: readonly Question[]): Promise<void> {
  const lines = ['+notcp', '+tcp'].flatMap((transport) =>
    questions.map(({ name, type }) => `dig ${transport} +short +search +tries=1 +time=5 ${name} ${type}`),
  )
  const answers = questions.map(({ data }) => data)
  await arena.prints(QUERIER, lines.join('; '), [...answers, ...answers].join('\n'))
}

async function createQuerier(
  arena: Arena,
  given: { readonly labels?: Readonly<Record<string, string>>; readonly spec?: object },
): Promise<PodBody> {
  const [pod] = await arena.pods(agnhostPod(QUERIER, { ...given, ports: [{ name: 'http', containerPort: 80 }] }))
  return pod as PodBody
}

const headless = (selector: Readonly<Record<string, string>>): object => ({
  selector,
  clusterIP: 'None',
  ports: [{ port: 80, name: 'http', protocol: 'TCP' }],
})

/** A headless Service and an ordinary one before the Pod that asks. */
async function createServices(arena: Arena): Promise<{ readonly podIP: string; readonly clusterIP: string }> {
  const labels = { 'dns-test': 'true' }
  await arena.service(SERVICE, headless(labels))
  const ports = [{ port: 80, name: 'http', protocol: 'TCP' }]
  const { spec } = await arena.service('test-service-2', { selector: labels, ports })
  const { status } = await createQuerier(arena, { labels, spec: { hostname: HOSTNAME, subdomain: SERVICE } })
  await arena.endpointsBecome(SERVICE, { [QUERIER]: [80] })
  return { podIP: status.podIP, clusterIP: spec.clusterIP }
}

export function dnsTests(api: () => NetworkApi): void {
  test('DNS should provide DNS for the cluster', async () => {
    const arena = await createArena(api())
    const { spec } = await arena.client.get('/api/v1/namespaces/default/services/kubernetes')
    const name = 'kubernetes.default.svc.cluster.local'
    await createQuerier(arena, {})
    await expectRecords(arena, { name, type: 'A', data: spec.clusterIP })

    // As the suite does it: one container looks the name up, another serves what it found from the volume that they share.
    const image = 'registry.k8s.io/e2e-test-images/agnhost:2.63.0'
    const container = (name: string): object => ({
      name,
      image,
      volumeMounts: [{ name: 'results', mountPath: '/results' }],
    })
    const line = `dig +notcp +short ${name} A > /results/udp@${name}; dig +tcp +short ${name} A > /results/tcp@${name}; exec sleep infinity`
    const serve = `require("http").createServer((q, r) => r.end(fs.readFileSync("/" + q.url.slice(1)))).listen(80)`
    const annotations = { 'portolan.dev/run.querier': line, 'portolan.dev/run.webserver': `exec node -e '${serve}'` }
    const volumes = [{ name: 'results', emptyDir: {} }]
    await arena.pods(
      agnhostPod('prober', {
        annotations,
        spec: { containers: [container('webserver'), container('querier')], volumes },
      }),
    )
    for (const transport of ['udp', 'tcp']) {
      const path = `${arena.core}/pods/prober:80/proxy/results/${transport}@${name}`
      await expect
        .poll(async () => (await api().call(path)).text, { interval: 20, timeout: 20_000 })
        .toBe(`${spec.clusterIP}\n`)
    }
  })

  test('DNS should provide /etc/hosts entries for the cluster', async () => {
    const arena = await createArena(api())
    const { status } = await createQuerier(arena, { spec: { hostname: HOSTNAME, subdomain: SERVICE } })
    const name = `${HOSTNAME}.${SERVICE}.${arena.namespace}.svc.cluster.local`
    for (const asked of [name, HOSTNAME]) {
      await arena.prints(QUERIER, `getent hosts ${asked}`, new RegExp(`^${status.podIP} +${name} +${HOSTNAME}$`))
    }
  })

  test('DNS should provide DNS for services', async () => {
    const arena = await createArena(api())
    const { podIP, clusterIP } = await createServices(arena)
    const zone = `${arena.namespace}.svc.cluster.local`
    await expectRecords(
      arena,
      { name: `${SERVICE}.${zone}`, type: 'A', data: podIP },
      { name: `_http._tcp.${SERVICE}.${zone}`, type: 'SRV', data: `0 100 80 ${HOSTNAME}.${SERVICE}.${zone}.` },
      { name: `_http._tcp.test-service-2.${zone}`, type: 'SRV', data: `0 100 80 test-service-2.${zone}.` },
      { name: `-x ${clusterIP}`, type: '', data: `test-service-2.${zone}.` },
    )
  })

  test('DNS should resolve DNS of partial qualified names for services [LinuxOnly]', async () => {
    const arena = await createArena(api())
    const { podIP, clusterIP } = await createServices(arena)
    const { namespace } = arena
    const zone = `${namespace}.svc.cluster.local`
    await expectRecords(
      arena,
      { name: SERVICE, type: 'A', data: podIP },
      { name: `${SERVICE}.${namespace}`, type: 'A', data: podIP },
      { name: `${SERVICE}.${namespace}.svc`, type: 'A', data: podIP },
      { name: `_http._tcp.${SERVICE}.${namespace}.svc`, type: 'SRV', data: `0 100 80 ${HOSTNAME}.${SERVICE}.${zone}.` },
      { name: `_http._tcp.test-service-2.${namespace}.svc`, type: 'SRV', data: `0 100 80 test-service-2.${zone}.` },
      { name: `-x ${clusterIP}`, type: '', data: `test-service-2.${zone}.` },
    )
  })

  test.each([
    ['DNS should provide DNS for pods for Hostname', `dns-querier-2.dns-test-service-2`, true],
    ['DNS should provide DNS for pods for Subdomain', 'dns-test-service-2', false],
  ])('%s', async (_name, asked, byHosts) => {
    const arena = await createArena(api())
    const labels = { 'dns-test-hostname-attribute': 'true' }
    await arena.service('dns-test-service-2', headless(labels))
    const { status } = await createQuerier(arena, {
      labels,
      spec: { hostname: 'dns-querier-2', subdomain: 'dns-test-service-2' },
    })
    const name = `${asked}.${arena.namespace}.svc.cluster.local`
    await expectRecords(arena, { name, type: 'A', data: status.podIP })
    if (byHosts)
      await arena.prints(QUERIER, `getent hosts ${name} dns-querier-2`, new RegExp(`^(${status.podIP} .*\n?){2}$`))
  })

  test('DNS should provide DNS for ExternalName services', async () => {
    const arena = await createArena(api())
    await createQuerier(arena, {})
    const name = `dns-test-service-3.${arena.namespace}.svc.cluster.local`
    await arena.service('dns-test-service-3', { type: 'ExternalName', externalName: 'foo.example.com' })
    await expectRecords(arena, { name, type: 'CNAME', data: 'foo.example.com.' })
    await arena.updateService('dns-test-service-3', (spec) => ({ ...spec, externalName: 'bar.example.com' }))
    await expectRecords(arena, { name, type: 'CNAME', data: 'bar.example.com.' })
    const ports = [{ port: 80, name: 'http', protocol: 'TCP' }]
    const { spec } = await arena.updateService('dns-test-service-3', (spec) => ({ ...spec, type: 'ClusterIP', ports }))
    await expectRecords(arena, { name, type: 'A', data: spec.clusterIP })
  })

  test('DNS should support configurable pod DNS nameservers', async () => {
    const arena = await createArena(api())
    const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] }
    await createQuerier(arena, { spec: { dnsPolicy: 'None', dnsConfig } })
    await arena.prints(QUERIER, 'cat /etc/resolv.conf', 'search resolv.conf.local\nnameserver 1.1.1.1')
  })
}
