/** The commands around a network: what they take, what they print, and their exit codes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { tryItLines } from './examples.ts'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing('setpriv')
const NONE = ['--dns-upstream', 'none'] as const

const service = (name: string, port: number, rest = ''): string =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: ${name} }\nspec: { selector: { app: web }, ports: [{ port: ${port} }]${rest} }\n`
const pod = (name: string, rest = ''): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { app: web }${rest} }\n` +
  `spec: { containers: [{ name: main, image: example.com/web, ports: [{ containerPort: 80 }] }] }\n`
const EXAMPLE_DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: main, image: example.com/web, ports: [{ containerPort: 80 }] }] }
`
const NODE_PORT = ', type: NodePort'
const WAITS = pod('waits').replace('containers:', 'nodeSelector: { disk: ssd }, containers:')

describe.skipIf(reason !== undefined)(title('commands', reason), () => {
  let machine: Machine
  beforeEach(async () => {
    machine = await createMachine()
  })
  afterEach(async () => {
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  const write = (name: string, text: string): string => {
    const path = join(machine.folder, name)
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  const down = (...args: readonly string[]) => machine.portolan('down', ...args)

  test('a second up applies: creates, updates, deletes, and leaves the rest as it is', async () => {
    const first = write('app.yaml', [pod('a'), pod('b'), service('one', 80), service('two', 80)].join('---\n'))
    await machine.up(first)
    const before = JSON.parse((await machine.portolan('status', '-o', 'json')).stdout)
    write('app.yaml', [pod('a'), pod('c'), service('one', 80), service('two', 81)].join('---\n'))
    const second = await machine.portolan('up', first, '--wait', '--no-check', ...NONE)
    expect(second.stderr.trim().split('\n').toSorted()).toEqual([
      'created Pod default/c',
      'deleted Pod default/b',
      'unchanged: 2',
      'updated Service default/two',
      'warning: PTL901 Service default/two: nothing listens on 81/TCP in its Pods: a stand-in listens on the declared containerPorts only',
    ])
    expect(second.code).toBe(0)
    expect(second.stdout).toMatch(
      /^BROKEN +default\/two +ClusterIP +two:81 +81 -> 81 +PTL901 nothing listens on 81\/TCP /m,
    )
    const after = JSON.parse((await machine.portolan('status', '-o', 'json')).stdout)
    const podA = ({ pods }: { pods: { name: string }[] }): unknown => pods.find(({ name }) => name === 'a')
    expect(podA(after)).toEqual(podA(before))
    expect((await down()).code).toBe(0)
  })

  test('a workload stands for its Pod, and a disk that is full is no success', async () => {
    const path = write('app.yaml', EXAMPLE_DEPLOYMENT)
    expect((await machine.portolan('up', path, '-d', '--wait', '60s', ...NONE)).code).toBe(0)
    const hosts = (await machine.portolan('run', '--from', 'deploy/web', '--', 'cat', '/etc/hosts')).stdout
    const pod = hosts.trim().split(/\s/).at(-1) ?? ''
    expect(pod).toMatch(/^web-/)
    expect(await machine.portolan('logs', 'deploy/web')).toMatchObject({ code: 0, stderr: '' })
    for (const from of ['deploy/web', `pod/default/${pod}`, `default/${pod}`]) {
      expect((await machine.portolan('dns', 'why', 'kubernetes', '--from', from)).stdout).toContain(pod)
    }
    expect(await machine.portolan('dns', 'why', 'kubernetes', '--from', 'web')).toMatchObject({
      code: 2,
      stderr: `portolan: --from web: there is no Pod default/web: say default/deploy/web or default/${pod}\n`,
    })
    expect((await machine.portolan('run', '--from', 'pod/web', '--', 'true')).stderr).toBe(
      `portolan: there is no running Pod "default/web": say default/deploy/web or default/${pod}\n`,
    )
    expect(await machine.sh(`${PORTOLAN} status >/dev/full`)).toMatchObject({
      code: 1,
      stderr: 'portolan: the output is cut short: ENOSPC: no space left on device, write\n',
    })
    expect((await down()).code).toBe(0)
  })

  test('a second up with other options of the start is refused', async () => {
    const path = write('app.yaml', pod('a'))
    const start = ['up', path, '--nodes', '1', '--run', 'aa=true', ...NONE]
    const first = await machine.portolan(...start, '-d')
    expect(first.stderr).toContain('warning: --run aa: namespace default of the files has no workload "aa", did you')
    expect(await machine.portolan(...start)).toMatchObject({ code: 0, stderr: 'unchanged: 1\n' })
    expect(await machine.portolan('up', path, '--nodes', '3', '--listen', '127.0.0.9')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('started with another --nodes, --listen: nothing was changed'),
    })
    expect((await down()).code).toBe(0)
  })

  test('a second up that is refused changes nothing', async () => {
    const path = write('app.yaml', service('one', 80, `${NODE_PORT}, clusterIP: 10.96.0.40`))
    await machine.up(path)
    write('app.yaml', [service('one', 81, `, clusterIP: 10.96.0.41`), service('two', 70000)].join('---\n'))
    const second = await machine.portolan('up', path, ...NONE)
    expect(second.code).toBe(2)
    expect(second.stderr).toMatch(
      /app\.yaml:9:\d+: error: Service default\/two: port 70000: must be between 1 and 65535/,
    )
    expect(second.stderr).toMatch(/nothing was changed\n$/)
    expect((await machine.portolan('ports')).stdout).toMatch(
      /^BROKEN +default\/one +NodePort +127\.0\.0\.1:3\d{4} +3\d{4} -> 80 -> 80 +PTL201 /m,
    )
    expect((await down()).code).toBe(0)
  })

  test('manifests come from standard input, folders and several files; what is no manifest is passed over', async () => {
    write('dir/a.yaml', pod('a'))
    write(
      'dir/deep/b.json',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'List',
        items: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }],
      }),
    )
    write('dir/values.yaml', 'image: nginx\n')
    write('dir/.hidden/no.yaml', 'not: [yaml')
    write('dir/node_modules/no.yaml', 'not: [yaml')
    write('dir/README.md', 'no manifest')
    const up = ['up', '-', join(machine.folder, 'dir'), '-d', '--wait', '--name', 'input', ...NONE]
    const { code, stderr, stdout } = await machine.exec([PORTOLAN, ...up], { input: service('one', 80) })
    expect(stderr).toContain('1 document without apiVersion and kind passed over\n')
    expect(stdout).toMatch(/^ok +default\/one .* a$/m)
    expect(code).toBe(0)
    expect((await down('--name', 'input')).stdout).toBe(
      'network input removed: 2 nodes, 1 Pod, 1 Service, 0 host ports\n',
    )
  })

  test('--dry-run says what would happen and starts nothing', async () => {
    const path = write('app.yaml', [pod('a'), service('one', 80)].join('---\n'))
    expect((await machine.portolan('up', path, '--dry-run')).stdout).toBe('2 objects would be started\n')
    expect(await machine.leftovers()).toEqual([])
    expect((await machine.portolan('status')).code).toBe(2)
  })

  test('--wait ends with 1 where a Pod is not ready in time, and leaves nothing', async () => {
    const path = write('waits.yaml', WAITS)
    const { code, stderr } = await machine.portolan('up', path, '-d', '--wait=200ms', ...NONE)
    expect(stderr).toMatch(
      /\nPod default\/waits is not ready: 0\/2 nodes are available: .*\nnot every Pod is ready after 0\.2 s: the network is stopped\n/,
    )
    expect(code).toBe(1)
    expect((await machine.portolan('status')).code).toBe(2)
  })

  test('--wait of a second up ends with 1 and leaves the network running', async () => {
    await machine.up()
    const { code, stderr, stdout } = await machine.portolan('up', write('waits.yaml', WAITS), '--wait=200ms', ...NONE)
    expect(stderr).toMatch(/^created Pod default\/waits\nnot every Pod is ready after 0\.2 s\n/)
    expect(stdout).toMatch(
      /^default\/waits +not ready +Pending: 0\/2 nodes are available: 2 node\(s\) didn't match Pod's node affinity\/selector\./m,
    )
    expect(code).toBe(1)
    expect((await down()).stdout).toMatch(/1 Pod, 0 Services, 0 host ports\n$/)
  })

  test('--nodes 3: three nodes, each with its loopback address and its share of Pods', async () => {
    const path = write('app.yaml', [pod('a'), pod('b'), pod('c'), service('one', 80, NODE_PORT)].join('---\n'))
    await machine.up(path, '--nodes', '3')
    const { nodes, pods, listeners } = JSON.parse((await machine.portolan('status', '-o', 'json')).stdout)
    expect(nodes).toMatchObject([100, 101, 102].map((n, i) => ({ name: `node-${i + 1}`, address: `192.168.1.${n}` })))
    expect(pods.map(({ node }: { node: string }) => node).toSorted()).toEqual(['node-1', 'node-2', 'node-3'])
    const [{ port }] = listeners
    const { stdout } = await machine.sh(`for n in 1 2 3; do curl -sS http://127.0.0.$n:${port}/clientip; done`)
    expect(stdout).toMatch(/^192\.168\.1\.100:\d+\n192\.168\.1\.101:\d+\n192\.168\.1\.102:\d+\n$/)
    expect((await down()).stdout).toMatch(/removed: 3 nodes, 3 Pods, 1 Service, 3 host ports\n$/)
  })

  test('two networks at once: the second one gets other host ports, and says who has the wanted ones', async () => {
    const path = write(
      'app.yaml',
      [pod('a'), service('one', 80, ', type: NodePort').replace('port: 80', 'port: 80, nodePort: 30080')].join('---\n'),
    )
    const first = await machine.up(path, '--name', 'first')
    const second = await machine.up(path, '--name', 'second')
    expect(first.stderr).not.toContain('instead')
    expect(second.stderr).toMatch(
      /note: default\/one: 127\.0\.0\.1:30080 is in use by process \d+ \(node\); it is at 127\.0\.0\.1:30081 instead\n/,
    )
    expect((await machine.sh('curl -sS http://127.0.0.1:30080/hostname http://127.0.0.1:30081/hostname')).stdout).toBe(
      'a\na\n',
    )
    const unknown = await machine.portolan('ports', '--name', 'third')
    expect(unknown).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'portolan: no network named "third" runs: start one with "portolan up"; running: first, second (choose one with --name)\n',
    })
    await down('--name', 'first')
    expect((await machine.portolan('status', '--name', 'second')).code).toBe(0)
    await down('--name', 'second')
  })

  test('ports and status: broken chains first, as text and as JSON', async () => {
    const named = service('named', 80).replace('port: 80', 'port: 80, targetPort: nosuch')
    const nothing = service('nothing', 80).replace('app: web', 'app: nobody')
    const { stderr } = await machine.up(
      write('app.yaml', [pod('a'), service('good', 80), named, nothing].join('---\n')),
    )
    expect(stderr).toMatch(/^warning: .*app\.yaml:14:\d+: PTL301 nothing will answer on port 80 of Service named: /m)
    expect(stderr).toMatch(/^warning: .*app\.yaml:19:\d+: PTL201 nothing will answer on Service nothing: /m)
    const text = (await machine.portolan('ports')).stdout.split('\n')
    expect(text.slice(0, 4).map((line) => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
      'STATE SERVICE',
      'BROKEN default/named',
      'BROKEN default/nothing',
      'ok default/good',
    ])
    const { chains, listeners } = JSON.parse((await machine.portolan('ports', '--format', 'json')).stdout)
    expect(listeners).toEqual([])
    expect(chains.find(({ service: { name } }: { service: { name: string } }) => name === 'good')).toMatchObject({
      type: 'ClusterIP',
      port: 80,
      targetPort: 80,
      backends: [{ pod: { namespace: 'default', name: 'a' }, node: 'node-1', containerPort: 80, ready: true }],
      problems: [],
    })
    const status = (await machine.portolan('status')).stdout
    expect(status).toMatch(/^network \S+\n\nNODE +ADDRESS\nnode-1 +192\.168\.1\.100\nnode-2 +192\.168\.1\.101\n\nPOD /)
    await down()
  })

  test('in the foreground Ctrl-C ends it with 0', async () => {
    const up = machine.start([PORTOLAN, 'up', 'examples/nginx.yaml', ...NONE])
    await eventually(
      async () => up.output(),
      (output) => output.includes('Ctrl-C stops it'),
    )
    expect((await machine.sh('curl -sS http://127.0.0.1:30080/hostname')).stdout).toBe('nginx-pod\n')
    up.signal('SIGINT')
    expect((await up.ended).code).toBe(0)
    expect(up.output()).toMatch(/network stopped, nothing is left\n$/)
  })

  test('--listen opens the host ports on that address instead of loopback', async () => {
    await machine.up('examples/load-balancer.yaml', '--listen', '127.9.9.9')
    const { stdout } = await machine.sh('curl -sS http://127.9.9.9:30443/ http://127.9.9.9:443/ | grep -c stand-in')
    expect(stdout).toBe('2\n')
    expect((await machine.sh('curl -sS http://127.0.0.1:30443/')).code).toBe(7)
    await down()
  })

  test('a user who may not open port 443 finds the load balancer at 8443, and is told', async () => {
    const user = ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service']
    const up = ['up', 'examples/load-balancer.yaml', '-d', ...NONE]
    const { code, stderr } = await machine.exec([...user, PORTOLAN, ...up])
    expect(stderr).toContain(
      'note: default/nginx-service:https: 127.0.113.10:443 is a port that only root may open; it is at 127.0.113.10:8443 instead\n',
    )
    expect(code).toBe(0)
    const lines = tryItLines(readFileSync(join(CHECKOUT, 'examples/load-balancer.yaml'), 'utf8'))
    const mine = lines.filter(({ as }) => as === 'user')
    expect(mine).toHaveLength(1)
    for (const { line } of mine)
      expect((await machine.sh(line)).stdout).toMatch(/^Portolan stand-in for image nginx:1\.21$/m)
    await down()
  })

  test('bad input starts nothing: every problem is said at once', async () => {
    const path = write('bad.yaml', [service('one', 0), service('Two', 80), 'apiVersion: v1\n', 'a: [b\n'].join('---\n'))
    const { code, stdout, stderr } = await machine.portolan('up', path, '-d', ...NONE)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr.match(/^\S+bad\.yaml:\d+:\d+: error: /gm)).toHaveLength(4)
    expect(stderr).toMatch(/^4 errors: nothing was started$/m)
  })
})
