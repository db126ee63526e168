/** What `portolan dns` does not do while it answers. Counted, since time is another matter on each machine. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, PORTOLAN, type Machine } from './network.ts'

const OBJECTS = 'test/e2e/fixtures/objects.json'
const QUESTIONS = join(CHECKOUT, 'test/e2e/dns-questions.mjs')

let machine: Machine
beforeAll(async () => {
  machine = await createMachine()
})
afterAll(() => machine.close())

test('20,000 questions are answered with next to no garbage to collect', async () => {
  const command = [PORTOLAN, 'dns', '--objects', OBJECTS, '--upstream', 'none']
  const server = machine.start([process.execPath, '--trace-gc', '--max-semi-space-size=1', ...command])
  await eventually(
    async () => server.output(),
    (text) => text.includes(' at 127.0.0.1:5300'),
  )
  const collections = (): number => server.output().split(/Scavenge|Mark-Compact/).length
  const before = collections()
  const asked = await machine.exec([process.execPath, QUESTIONS, '5300', 'web.shop.svc.cluster.local', '20000'])
  expect(asked).toMatchObject({ code: 0, stderr: '' })
  // Through Node's own sockets it would be 21.
  expect(collections() - before).toBeLessThan(8)
  server.signal('SIGTERM')
  await server.ended
})

function largeCluster(services: number, endpoints: number): string {
  const items = Array.from({ length: services }, (_, i) => {
    const [name, namespace, place] = [`web-${i}`, `ns-${i % 20}`, `${i >> 8}.${i & 255}`]
    const labels = { 'kubernetes.io/service-name': name, app: name, team: `team-${i % 50}` }
    const ports = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }]
    const uid = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`
    const about = { namespace, uid, labels, resourceVersion: String(i), creationTimestamp: '2026-01-01T00:00:00Z' }
    const targets = Array.from({ length: endpoints }, (_, e) => ({
      addresses: [`${11 + e}.0.${place}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${(i + e) % 100}`,
      targetRef: { kind: 'Pod', namespace, name: `${name}-7d9f-${e}`, uid },
    }))
    return [
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, ...about },
        spec: { clusterIP: `10.96.${place}`, selector: { app: name }, ports },
      },
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: `${name}-abcde`, ...about },
        addressType: 'IPv4',
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
        endpoints: targets,
      },
    ]
  })
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.flat() })
}

test('10,000 Services with 50,000 endpoints take less than 130 MB', async () => {
  const file = join(machine.folder, 'large.json')
  writeFileSync(file, largeCluster(10_000, 5))
  const command = [PORTOLAN, 'dns', '--upstream', 'none', '--listen', '127.0.0.1:5301', '--objects', file]
  const server = machine.start(['sh', '-c', 'echo process $$; exec "$@"', 'sh', ...command])
  await eventually(
    async () => server.output(),
    (text) => text.includes(' at 127.0.0.1:5301'),
  )
  const pid = /process (\d+)/.exec(server.output())?.[1]
  const { stdout } = await machine.sh(`grep ^Pss: /proc/${pid}/smaps_rollup`)
  expect(Number(/\d+/.exec(stdout)?.[0]) / 1024).toBeLessThan(130)
  server.signal('SIGTERM')
  await server.ended
})
