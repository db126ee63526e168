import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, eventually, missing, PORTOLAN, title, type Background, type Machine } from './network.ts'

const reason = missing('dig', 'kubectl')

const MANIFEST = `apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, clusterIP: None, ports: [{name: http, port: 80}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web}}
spec:
  hostname: first
  subdomain: web
  containers: [{name: c, image: i, ports: [{containerPort: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: other}
spec: {clusterIP: 10.96.0.77, ports: [{port: 80}]}
`

describe.skipIf(reason !== undefined)(title('portolan dns against an API server', reason), () => {
  let machine: Machine
  let server: Background
  let kubeconfig: string
  beforeAll(async () => {
    machine = await createMachine()
    kubeconfig = join(machine.folder, 'run/portolan/api/kubeconfig')
    server = machine.start([PORTOLAN, 'dns', '--kubeconfig', join(machine.folder, 'late'), '--upstream', 'none'])
  })
  afterAll(async () => machine.close())

  const dig = async (question: string, from = '@127.0.0.1 -p 5300'): Promise<string> =>
    (await machine.sh(`dig ${from} ${question} +tries=1 +time=2 +noall +answer +comments`)).stdout
  const status = (answer: string): string => /status: (\w+)/.exec(answer)?.[1] ?? 'none'

  test('a kubeconfig that is not there is a mistake', async () => {
    const { code, stderr } = await server.ended
    expect([code, stderr]).toEqual([2, expect.stringContaining('late: the kubeconfig cannot be read: no such file')])
  })

  test('the names of the API server, as its own network gives them; nothing is denied before all is known', async () => {
    const config = JSON.stringify({
      kind: 'Config',
      'current-context': 'a',
      clusters: [{ name: 'a', cluster: { server: 'http://127.0.0.1:1' } }],
      contexts: [{ name: 'a', context: { cluster: 'a' } }],
    })
    await machine.exec(['sh', '-c', `cat > ${machine.folder}/late`], { input: config })
    const options = ['--upstream', 'none', '--monitor', '127.0.0.1:9153']
    server = machine.start([PORTOLAN, 'dns', '--kubeconfig', join(machine.folder, 'late'), ...options])
    await eventually(
      async () => server.output(),
      (text) => text.includes('cluster.local at 127.0.0.1:5300') && text.includes('cannot be followed'),
    )
    expect(status(await dig('web.default.svc.cluster.local'))).toBe('SERVFAIL')
    await machine.exec(['sh', '-c', `cat > ${machine.folder}/app.yaml`], { input: MANIFEST })
    await machine.up(join(machine.folder, 'app.yaml'), '--name', 'api', '--wait')
    await machine.sh(`cp $(${PORTOLAN} kubeconfig --name api) ${machine.folder}/late`)
    await eventually(
      async () => server.output(),
      (text) => text.includes('Services have names'),
    )
    const { stdout: watched } = await machine.sh('curl -s http://127.0.0.1:9153/metrics')
    for (const kind of ['Namespace', 'Service', 'EndpointSlice', 'Pod']) {
      expect(watched).toContain(`\nportolan_dns_watch_age_seconds{kind="${kind}"} `)
    }
    const names = ['web A', 'first.web A', '_http._tcp.web SRV', 'other A', 'nobody A']
    for (const question of names.map((name) => name.replace(' ', '.default.svc.cluster.local '))) {
      const ours = await dig(question)
      const inside = await machine.portolan(
        'run',
        '--name',
        'api',
        '--',
        'sh',
        '-c',
        `dig ${question} +noall +answer +comments`,
      )
      const records = (text: string): readonly string[] =>
        text
          .split('\n')
          .filter((line) => /\sIN\s/.test(line))
          .toSorted()
      expect([question, status(ours), records(ours)]).toEqual([question, status(inside.stdout), records(inside.stdout)])
    }
    expect(status(await dig('nobody.default.svc.cluster.local'))).toBe('NXDOMAIN')
    const metrics = await machine.sh('curl -s http://127.0.0.1:9153/metrics')
    expect(metrics.stdout).toMatch(
      /^coredns_kubernetes_dns_programming_duration_seconds_count\{service_kind="headless_with_selector"\} [1-9]/m,
    )
  })

  test('changes are followed, and names stay while the API server is away', async () => {
    const address = async (name: string): Promise<string> =>
      (await machine.sh(`dig @127.0.0.1 -p 5300 +short +tries=1 ${name}.default.svc.cluster.local`)).stdout.trim()
    await machine.sh(`kubectl --kubeconfig ${kubeconfig} create service clusterip late --clusterip=10.96.0.99 --tcp=80`)
    await eventually(
      () => address('late'),
      (text) => text !== '',
    )
    expect(await address('late')).toBe('10.96.0.99')
    await machine.portolan('down', '--name', 'api')
    await eventually(
      async () => server.output(),
      (text) => /is back[^]*cannot be followed/.test(text),
    )
    expect([await address('late'), await address('other')]).toEqual(['10.96.0.99', '10.96.0.77'])
    server.signal('SIGTERM')
    expect((await server.ended).code).toBe(0)
  })
})
