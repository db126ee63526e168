import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import type { Container, Probe } from '../../api/core.ts'
import type { RunningContainer } from '../container-runtime.ts'
import { podOf } from '../../../test/kubelet/bench.ts'
import { createProber } from './prober.ts'
import type { ProbeOutcome } from './probe.ts'

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const prober = createProber(() => (host, port) => connect({ host, port }))
const standIn: RunningContainer = {
  containerID: 'stand-in://1',
  imageID: 'stand-in',
  started: Promise.resolve({ notes: [] }),
  exit: new Promise(() => undefined),
  kill: () => undefined,
  answersOn: () => true,
}
const program: RunningContainer = {
  ...standIn,
  exec: async ([command = '']) =>
    command === 'late' ? { exitCode: undefined, output: '' } : { exitCode: Number(command), output: `said ${command}` },
}

function ask(probe: Probe, child: RunningContainer = program, ports: Container['ports'] = []): Promise<ProbeOutcome> {
  const container: Container = { name: 'a', ports }
  return prober.probe({ pod: podOf(), container, sandbox: { podIP: '127.0.0.1' }, child }, probe)
}

describe('httpGet', () => {
  const answer: RequestListener = ({ url = '', headers, method }, response) => {
    const status = Number(/\d{3}/.exec(url)?.[0] ?? 200)
    const to = new URL(url, 'http://x').searchParams.get('to')
    if (to !== null) response.writeHead(302, { location: to })
    else if (url === '/echo') response.writeHead(headers['x-ask'] === 'me' && headers.host === 'shop' ? 200 : 500)
    else if (url === '/agent') response.writeHead(headers['user-agent']?.startsWith('kube-probe/') ? 200 : 500)
    else if (url !== '/silent') response.writeHead(method === 'GET' ? status : 500)
    if (url !== '/silent') response.end('x'.repeat(50_000))
  }
  const port = portOf(createHttpServer(answer))

  test.for<readonly [path: string, wanted: string, more?: object]>([
    ['/', 'passed'],
    ['healthz', 'passed'],
    ['/399', 'passed'],
    ['/400', 'HTTP probe failed with statuscode: 400'],
    ['/503', 'HTTP probe failed with statuscode: 503'],
    ['/agent', 'passed'],
    ['/?to=/503', 'HTTP probe failed with statuscode: 503'],
    ['/?to=/200', 'passed'],
    ['/?to=http://elsewhere.example/', 'passed'],
    [
      '/echo',
      'passed',
      {
        httpHeaders: [
          { name: 'X-Ask', value: 'me' },
          { name: 'Host', value: 'shop' },
        ],
      },
    ],
    [
      '/silent',
      'Get "http://127.0.0.1:PORT/silent": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    ],
  ])('%s', async ([path, wanted, more]) => {
    const { passed, message } = await ask({ httpGet: { path, port: await port, ...more }, timeoutSeconds: 0.2 })
    expect(passed ? 'passed' : message.replace(`:${await port}`, ':PORT')).toBe(wanted)
  })

  test('a named port, a port that nobody has, another host, and HTTPS that is none', async () => {
    const ports = [{ name: 'web', containerPort: await port }]
    expect(await ask({ httpGet: { port: 'web' } }, program, ports)).toMatchObject({ passed: true })
    const refused = `Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused`
    expect(await ask({ httpGet: { port: 1 } })).toEqual({ passed: false, message: refused })
    expect(await ask({ httpGet: { port: 'nope' } })).toEqual({
      passed: false,
      message: 'couldn\'t find port: "nope" in the container\'s ports',
    })
    expect(await ask({ httpGet: { port: await port, host: '127.0.0.9' } })).toMatchObject({ passed: false })
    expect(await ask({ httpGet: { port: await port, scheme: 'HTTPS' } })).toMatchObject({ passed: false })
  })
})

test('tcpSocket', async () => {
  const port = await portOf(createServer((socket) => socket.destroy()))
  expect(await ask({ tcpSocket: { port } })).toMatchObject({ passed: true })
  const refused = { passed: false, message: 'dial tcp 127.0.0.1:1: connect: connection refused' }
  expect(await ask({ tcpSocket: { port: 1 } })).toEqual(refused)
})

test.for([
  ['0', { passed: true, message: 'said 0' }],
  ['3', { passed: false, message: 'said 3' }],
  ['late', { passed: false, message: 'command timed out: "late now" timed out after 1s' }],
] as const)('exec %s', async ([command, wanted]) => {
  expect(await ask({ exec: { command: [command, 'now'] } })).toEqual(wanted)
})

describe('grpc', () => {
  const server = createHttp2Server()
  server.on('stream', (stream, headers) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const name = Buffer.concat(chunks).subarray(7).toString()
      const isCheck = headers[':path'] === '/grpc.health.v1.Health/Check' && headers['te'] === 'trailers'
      const head = { ':status': isCheck ? 200 : 404, 'content-type': 'application/grpc' }
      if (name === 'silent') return
      if (name === 'absent') {
        stream.respond({ ...head, 'grpc-status': '5', 'grpc-message': 'unknown%20service' }, { endStream: true })
      } else if (name === 'none') stream.respond({ ...head, 'grpc-status': '12' }, { endStream: true })
      else {
        stream.respond(head, { waitForTrailers: true })
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
        stream.end(Buffer.from(name === 'bad' ? [0, 0, 0, 0, 2, 8, 2] : [0, 0, 0, 0, 2, 8, 1]))
      }
    })
  })
  const port = portOf(server)

  test.for([
    ['', 'passed'],
    ['bad', 'service unhealthy (responded with "NOT_SERVING")'],
    ['absent', 'error: health rpc failed: rpc error: code = 5 desc = unknown service'],
    ['none', 'error: this server does not implement the grpc health protocol (grpc.health.v1.Health): '],
    ['silent', 'timeout: health rpc did not complete within 0.2s'],
  ] as const)('service %j', async ([service, wanted]) => {
    const { passed, message } = await ask({ grpc: { port: await port, service }, timeoutSeconds: 0.2 })
    expect(passed ? 'passed' : message).toBe(wanted)
  })

  test('nobody listens', async () => {
    const { passed, message } = await ask({ grpc: { port: 1 } })
    expect({ passed, message }).toEqual({
      passed: false,
      message:
        'error: failed to connect service at "127.0.0.1:1": connection error: desc = "transport: dial tcp 127.0.0.1:1: connect: connection refused"',
    })
  })
})

test.for<readonly [probe: Probe, unanswered: string | undefined, passed: boolean, answersOn?: boolean]>([
  [{ exec: { command: ['x'] } }, 'exec', true],
  [{ grpc: { port: 9000 } }, 'gRPC', true],
  [{ httpGet: { port: 443, scheme: 'HTTPS' } }, 'HTTPS', true],
  [{ httpGet: { port: 1 } }, 'port 1, which no containerPort declares', true, false],
  [{ tcpSocket: { port: 1 } }, 'port 1, which no containerPort declares', true, false],
  [{ tcpSocket: { port: 1 } }, undefined, false, true],
])('a stand-in, %j', async ([probe, unanswered, passed, answersOn = true]) => {
  const outcome = await ask(probe, { ...standIn, answersOn: () => answersOn })
  expect([outcome.passed, outcome.unanswered]).toEqual([passed, unanswered])
})
