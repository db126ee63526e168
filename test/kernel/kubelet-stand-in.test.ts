import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerSpec, RunningContainer } from '../../src/kubelet/container-runtime.ts'
import { createStandInRuntime } from '../../src/kubelet/stand-in-process.ts'
import { logOf, needsBuild, skipUnless, specOf } from './kubelet-spec.ts'

const reason = skipUnless(needsBuild())
const runtime = createStandInRuntime()

/** `ports` as the annotation has it; 0 is any free port, and the log tells which. */
function listening(ports: string): ContainerSpec {
  const spec = specOf({})
  const metadata = { ...spec.pod.metadata, annotations: { 'portolan.dev/listen': ports } }
  return { ...spec, pod: { ...spec.pod, metadata } }
}

async function startOn(
  ports: string,
): Promise<{ child: RunningContainer; spec: ContainerSpec; ports: readonly number[] }> {
  const spec = listening(ports)
  const child = runtime.start(spec)
  await child.started
  return { child, spec, ports: [...logOf(spec).matchAll(/(\d+)\/(?:TCP|UDP)/g)].map((match) => Number(match[1])) }
}

/** Sends text on a TCP connection and gives all that comes until the other side closes. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setTimeout(5000, () => reject(new Error(`no end after: ${received}`)))
    socket.on('data', (chunk) => (received += chunk.toString()))
    socket.on('error', reject)
    socket.on('close', () => {
      socket.destroy()
      resolve(received)
    })
  })
}

function datagram(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    socket.once('error', reject)
    socket.once('message', (message) => {
      socket.close()
      resolve(message.toString())
    })
    socket.send(text, port, '127.0.0.1')
  })
}

describe.skipIf(reason !== undefined)(`stand-in${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let port = 0
  let udp = 0
  let base = ''
  beforeAll(async () => {
    const { ports } = await startOn('127.0.0.1:0, 0/udp')
    ;[port = 0, udp = 0] = ports
    base = `http://127.0.0.1:${port}`
  })
  afterAll(() => runtime.close())

  test('any path says who answered, as text', async () => {
    const response = await fetch(`${base}/some/path?x=1`)
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('portolan-stand-in')).toBe('default/nginx-pod/web')
    expect(text.split('\n')[0]).toBe('Portolan stand-in for image nginx:1.21')
    expect(text).toMatch(/^Pod +default\/nginx-pod$/m)
    expect(text).toMatch(new RegExp(`^answered +127\\.0\\.0\\.1:${port}$`, 'm'))
    expect(text).toMatch(/^request +GET \/some\/path\?x=1$/m)
  })

  test.each([
    ['/', { accept: 'application/json' }],
    ['/x?format=json', {}],
  ])('%s as JSON', async (path, headers) => {
    const json: unknown = await (await fetch(base + path, { headers, method: 'PUT', body: 'unread' })).json()
    expect(json).toMatchObject({
      standIn: true,
      namespace: 'default',
      pod: 'nginx-pod',
      container: 'web',
      node: 'node-1',
      image: 'nginx:1.21',
      podIP: '127.0.0.1',
      localAddress: '127.0.0.1',
      localPort: port,
      sourceAddress: '127.0.0.1',
      method: 'PUT',
      path,
    })
  })

  test.each<[string, RequestInit, number, RegExp]>([
    ['/hostname', {}, 200, /^nginx-pod\n$/],
    ['/hostName', {}, 200, /^nginx-pod\n$/],
    ['/clientip', {}, 200, /^127\.0\.0\.1:\d+\n$/],
    ['/healthz', {}, 200, /^ok\n$/],
    ['/headers', { headers: { 'X-Seen': 'yes' } }, 200, /^x-seen: yes$/m],
    ['/echo', { method: 'POST', body: 'a'.repeat(300_000) }, 200, /^a{300000}$/],
    ['/status/503', {}, 503, /^503\n$/],
    ['/status/204', {}, 204, /^$/],
    ['/status/100', {}, 400, /200 to 599/],
    ['/delay?ms=1', {}, 200, /^Portolan stand-in/],
    ['/delay?ms=x', {}, 400, /number/],
    ['/', { method: 'HEAD' }, 200, /^$/],
  ])('%s', async (path, init, status, body) => {
    const response = await fetch(base + path, init)
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(body)])
  })

  test.each<[string, string, RegExp]>([
    ['a line of text', 'hello\n', /^pod\/nginx-pod node\/node-1 127\.0\.0\.1:\d+ from 127\.0\.0\.1:\d+\n$/],
    ['malformed HTTP', 'GET / HTTP/9.9\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['an unknown method', 'NOTHING / HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['TLS', '\u0016\u0003\u0001\u0000\u0001', /^HTTP\/1\.1 400 /],
    ['HTTP/1.0', 'GET /hostname HTTP/1.0\r\n\r\n', /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnginx-pod\n$/],
    [
      'two requests on one connection',
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hostname HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /ok\n[^]*nginx-pod\n$/,
    ],
  ])('%s', async (_, sent, answer) => {
    expect(await exchange(port, sent)).toMatch(answer)
  })

  test('datagrams', async () => {
    expect(await datagram(udp, 'hostname\n')).toBe('nginx-pod')
    expect(await datagram(udp, 'hostName\n')).toBe('nginx-pod')
    expect(await datagram(udp, 'ping')).toMatch(
      new RegExp(`^pod/nginx-pod node/node-1 127\\.0\\.0\\.1:${udp} from 127\\.0\\.0\\.1:\\d+: ping$`),
    )
  })

  test('a port that is in use in the Pod ends the container', async () => {
    const spec = listening(`127.0.0.1:${port}`)
    expect(await runtime.start(spec).exit).toEqual({
      exitCode: 1,
      message: `port ${port} is already in use in this Pod`,
    })
    expect(logOf(spec)).toBe(`port ${port} is already in use in this Pod\n`)
  })

  test.each([
    ['a foreign address', '192.0.2.1:80', 1, '192.0.2.1 is not an address of this Pod'],
    ['no port', '80x', 128, expect.stringMatching(/"80x" is not a port/)],
  ])('listen annotation: %s', async (_, ports, exitCode, message) => {
    expect(await runtime.start(listening(ports)).exit).toMatchObject({ exitCode, message })
  })

  test('an init container ends at once with 0', async () => {
    const child = runtime.start({ ...listening('1'), runsToCompletion: true })
    expect(await child.exit).toEqual({ exitCode: 0 })
  })

  test('SIGTERM lets a request finish, refuses new ones, and ends with 0', async () => {
    const { child, ports } = await startOn('127.0.0.1:0')
    const own = `http://127.0.0.1:${ports[0]}`
    await (await fetch(`${own}/healthz`)).text()
    const slow = fetch(`${own}/delay?ms=300`)
    await fetch(`${own}/healthz`).then((response) => response.text())
    child.kill('SIGTERM')
    expect((await slow).status).toBe(200)
    expect(await child.exit).toEqual({ exitCode: 0 })
    await expect(fetch(own)).rejects.toThrow()
  })

  test('SIGKILL ends it with 137', async () => {
    const { child } = await startOn('127.0.0.1:0')
    child.kill('SIGKILL')
    expect(await child.exit).toEqual({ exitCode: 137 })
  })

  test('when the process dies all its containers ended with 137, and the next start brings it back', async () => {
    const { child, spec } = await startOn('127.0.0.1:0')
    const { child: other } = await startOn('0/udp')
    const before = runtime.pid() ?? 0
    process.kill(before, 'SIGKILL')
    const exit = { exitCode: 137, signal: 9, reason: 'Error', message: expect.any(String) }
    expect(await Promise.all([child.exit, other.exit])).toEqual([exit, exit])
    const again = runtime.start(spec)
    await again.started
    expect(runtime.pid()).not.toBe(before)
    again.kill('SIGKILL')
    await again.exit
  })
})
