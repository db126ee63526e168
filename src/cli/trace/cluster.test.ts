/** `portolan trace --kubeconfig` against an API server of the test's own, on loopback. */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Trace } from '../../explain/trace/report.ts'
import { run } from '../run.ts'

const pod = (name: string, ip: string, ready: 'True' | 'False', readinessProbe: object = {}): object => ({
  metadata: { name, namespace: 'default', labels: { app: name } },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', ports: [{ containerPort: 8080 }], ...readinessProbe }] },
  status: { phase: 'Running', podIP: ip, conditions: [{ type: 'Ready', status: ready }] },
})
const service = (name: string, targetPort = 8080): object => ({
  metadata: { name, namespace: 'default' },
  spec: { clusterIP: '10.96.0.9', selector: { app: name }, ports: [{ port: 80, targetPort, protocol: 'TCP' }] },
})
const PROBE = { readinessProbe: { httpGet: { port: 8080 } } }

const LISTS: Readonly<Record<string, readonly object[]>> = {
  '/api/v1/namespaces': [{ metadata: { name: 'default' } }],
  '/api/v1/nodes': [],
  '/api/v1/services': [service('probed'), service('quiet'), service('sick'), service('closed')],
  '/api/v1/pods': [
    pod('client', '10.244.1.2', 'True'),
    pod('probed', '10.244.1.3', 'True', PROBE),
    pod('quiet', '10.244.1.4', 'True'),
    pod('sick', '10.244.1.5', 'False', PROBE),
    pod('closed', '10.244.1.6', 'True', PROBE),
  ],
  '/apis/discovery.k8s.io/v1/endpointslices': [],
  '/apis/networking.k8s.io/v1/networkpolicies': [
    {
      metadata: { name: 'nobody', namespace: 'default' },
      spec: { podSelector: { matchLabels: { app: 'closed' } }, policyTypes: ['Ingress'] },
    },
  ],
}

/** Plural names that the server refuses to list, and a status for all. */
let refused: readonly string[] = []
let status = 200
let asked: string[] = []
let server: Server
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-cluster-'))
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    asked.push(`${request.method} ${pathname}`)
    const items = LISTS[pathname]
    const isRefused = refused.some((plural) => pathname.endsWith(`/${plural}`))
    const code = status === 200 ? (isRefused ? 403 : items === undefined ? 404 : 200) : status
    const message = code === 403 ? 'forbidden: User "me" cannot list resource' : 'no'
    response
      .writeHead(code)
      .end(JSON.stringify(code === 200 ? { items, metadata: { resourceVersion: '1' } } : { message }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  writeFileSync(
    join(folder, 'config'),
    `kind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "http://127.0.0.1:${port}"}}]\n`,
  )
})
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

async function portolan(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const texts = { stdout: '', stderr: '' }
  asked = []
  const collect = (name: 'stdout' | 'stderr'): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        texts[name] += chunk.toString()
        done()
      },
    })
  const code = await run(args, {
    stdin: Readable.from([]),
    stdout: collect('stdout'),
    stderr: collect('stderr'),
    environment: { KUBECONFIG: join(folder, 'config'), HOME: folder },
    workingDirectory: folder,
  })
  return { code, ...texts }
}

async function traced(to: string, without: readonly string[] = []): Promise<Trace> {
  refused = without
  const { stdout, stderr } = await portolan('trace', 'pod/client', to, '--kubeconfig', 'config', '-o', 'json')
  refused = []
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}

/** The verdict, and the hop that decides with its words. */
function decided({ verdict, brokenAt, unknowns, paths }: Trace): string {
  const kind = brokenAt ?? unknowns[0]?.hop
  const hop = paths[0]?.hops.find((one) => one.kind === kind)
  return verdict === 'DELIVERED' ? verdict : `${verdict} ${kind}: ${hop?.rule ?? ''} ${hop?.text}`
}

describe('a real cluster', () => {
  test.each<readonly [string, string, readonly string[], RegExp]>([
    ['a probe sees the socket', 'http://probed/', [], /^DELIVERED$/],
    [
      'nobody sees the socket',
      'http://quiet/',
      [],
      /^UNDETERMINED socket: {2}.*who listens on 8080 was not looked at$/,
    ],
    ['not ready', 'http://sick/', [], /^BROKEN endpoint: PTL904 none of 1 Pod is ready/],
    ['a policy is enforced', 'http://closed/', [], /^BROKEN ingress-policy: PTL802 NetworkPolicy nobody/],
    ['an unknown name', 'http://payments/', [], /^BROKEN name: PTL701 no Service is called payments/],
    [
      'no permission for policies',
      'http://probed/',
      ['networkpolicies'],
      /^UNDETERMINED egress-policy: .*refuses to list networkpolicies \(403 forbidden/,
    ],
    [
      'no permission for policies, and one denies',
      'http://closed/',
      ['networkpolicies'],
      /^UNDETERMINED egress-policy/,
    ],
    ['no permission for Services', 'http://payments/', ['services'], /^UNDETERMINED name: .*refuses to list services/],
    ['no permission for Pods', 'http://probed/', ['pods'], /^UNDETERMINED client: .*refuses to list pods/],
    ['no permission that matters', 'http://probed/', ['daemonsets', 'ingresses'], /^DELIVERED$/],
  ])('%s', async (_, to, without, expected) => {
    expect(decided(await traced(to, without))).toMatch(expected)
  })

  test('says what mode it is, reads lists and sends nothing else', async () => {
    const { mode, notes, paths } = await traced('http://probed/')
    expect([mode, notes]).toEqual(['cluster', ['this trace read from the API server and sent nothing else']])
    expect(paths[0]?.hops.map(({ kind }) => kind)).toHaveLength(10)
    expect(asked.every((line) => line.startsWith('GET /api'))).toBe(true)
  })

  test('the kubeconfig is found as kubectl finds it; the last line is the verdict', async () => {
    const { code, stdout } = await portolan('trace', 'pod/client', 'http://probed/', '--context', 'a')
    expect(code).toBe(0)
    expect(stdout.trimEnd().split('\n').at(-1)).toBe(
      'DELIVERED as far as the API server says. Not asked: the program itself.',
    )
  })

  test.each<readonly [string, number, readonly string[], RegExp]>([
    ['no such context', 2, ['--context', 'b'], /there is no context "b"/],
    ['no such file', 2, ['--kubeconfig', 'absent'], /absent: the kubeconfig cannot be read: no such file/],
    ['files beside it', 2, ['--kubeconfig', 'config', 'config'], /leave files out/],
    ['a network beside it', 2, ['--kubeconfig', 'config', '--name', 'x'], /leave --name out/],
  ])('%s', async (_, code, args, stderr) => {
    expect(await portolan('trace', 'pod/client', 'http://probed/', ...args)).toMatchObject({
      code,
      stdout: '',
      stderr: expect.stringMatching(stderr),
    })
  })

  test('a server that lets nobody in is the machine, not the command line', async () => {
    status = 401
    const outcome = await portolan('trace', 'pod/client', 'http://probed/', '--kubeconfig', 'config')
    status = 200
    expect(outcome).toMatchObject({ code: 3, stderr: expect.stringContaining('the API server cannot be read: 401 no') })
  })
})

describe('dns why of the same cluster', () => {
  test('names are explained by its objects', async () => {
    const found = await portolan('dns', 'why', 'probed', '--from', 'default/client', '--kubeconfig', 'config')
    expect([found.code, found.stderr]).toEqual([0, ''])
    expect(found.stdout).toContain('probed.default.svc.cluster.local. 5 IN A 10.96.0.9')
    expect(asked.every((line) => line.startsWith('GET '))).toBe(true)
    const missing = await portolan('dns', 'why', 'probbed', '--context', 'a')
    expect(missing.code).toBe(1)
    expect(missing.stdout).toContain('there is no Service default/probbed\n    did you mean probed?')
  })

  test('what it refuses to list is said', async () => {
    refused = ['pods']
    const { code, stdout, stderr } = await portolan('dns', 'why', 'probed', '--kubeconfig', 'config')
    refused = ['services']
    expect(await portolan('dns', 'why', 'probed', '--kubeconfig', 'config')).toMatchObject({ code: 3, stdout: '' })
    refused = []
    expect(code).toBe(0)
    expect(stdout).not.toContain('nobody answers')
    expect(stderr).toMatch(
      /^portolan: the API server refuses to list pods \(403 forbidden.*\): none of them is known below\n$/,
    )
  })

  test.each([
    [['--name', 'x'], /leave --name out/],
    [['--objects', 'config'], /--objects and --kubeconfig: say one/],
  ])('with %s', async (more, words) => {
    const { code, stderr } = await portolan('dns', 'why', 'probed', '--kubeconfig', 'config', ...more)
    expect(code).toBe(2)
    expect(stderr).toMatch(words)
  })
})
