import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { checked, libc } from './libc.ts'
import type { Relay, RelayOptions, RelayStats } from './relay.ts'
import { encodeSocketAddress, SOCK_DGRAM, SOCK_STREAM } from './relay-socket.ts'

const localhost = '127.0.0.1'
const source = '127.0.0.77'
const root = join(import.meta.dirname, '../..')
const cache = join(root, 'node_modules/.cache')

let compiled = ''
let relay: Relay
let startRelay: (options?: RelayOptions) => Relay
const cleanups: (() => unknown)[] = []

/**
 * A worker thread of Node 20 runs no TypeScript: the tests run what the compiler makes of the present source. An empty
 * cli/main.js marks the folder as a compiled program, see program-files.ts.
 */
beforeAll(async () => {
  mkdirSync(cache, { recursive: true })
  compiled = mkdtempSync(join(cache, 'relay-'))
  writeFileSync(join(compiled, 'package.json'), '{"type":"module"}')
  mkdirSync(join(compiled, 'cli'))
  writeFileSync(join(compiled, 'cli/main.js'), '')
  const files = ['relay.ts', 'relay-worker.ts'].map((name) => join(import.meta.dirname, name))
  const options = '--ignoreConfig --target es2023 --module nodenext --rewriteRelativeImportExtensions --types node'
  const tsc = join(root, 'node_modules/.bin/tsc')
  const folders = ['--rootDir', join(root, 'src'), '--outDir', compiled]
  execFileSync(tsc, [...files, ...options.split(' '), '--skipLibCheck', ...folders], { cwd: root })
  startRelay = (await import(pathToFileURL(join(compiled, 'host/relay.js')).href)).startRelay
})

afterAll(() => rmSync(compiled, { recursive: true }))

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function start(options: RelayOptions = {}): void {
  relay = startRelay(options)
  cleanups.push(() => relay.close())
}

function bindSocket(type: number): { fd: number; port: number } {
  const { socket, bind, getsockname } = libc()
  const fd = checked('socket', socket(2, type, 0))
  const address = encodeSocketAddress({ address: localhost, port: 0 })
  checked('bind', bind(fd, address, address.length))
  checked('getsockname', getsockname(fd, address, new Int32Array([address.length])))
  return { fd, port: new DataView(address.buffer).getUint16(2) }
}

/** A relayed port for the targets' ports, and its listener. */
function expose(protocol: 'TCP' | 'UDP', ...ports: number[]) {
  const { fd, port } = bindSocket(protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM)
  const route = { targets: ports.map((target) => ({ address: localhost, port: target })), source }
  const listener = protocol === 'TCP' ? relay.listenTcp(fd, route) : relay.listenUdp(fd, route)
  libc().close(fd)
  return { port, listener }
}

async function serve(handler: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    cleanups.push(() => socket.destroy())
    handler(socket)
  })
  server.listen(0, localhost)
  await once(server, 'listening')
  cleanups.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

const serveName = (name: string) => serve((socket) => socket.end(name))
const serveEcho = () => serve((socket) => socket.pipe(socket))

function connect(port: number): net.Socket {
  const socket = net.connect({ port, host: localhost, allowHalfOpen: true })
  cleanups.push(() => socket.destroy())
  return socket
}

/** All bytes up to the other side's FIN. */
async function receive(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

async function ask(port: number): Promise<string> {
  const socket = connect(port)
  const answer = await receive(socket)
  socket.end()
  return answer.toString()
}

async function errorOf(socket: net.Socket): Promise<string> {
  socket.resume()
  const [error] = await once(socket, 'error')
  return error.code
}

async function untilStats(wanted: Partial<RelayStats>): Promise<void> {
  await expect.poll(() => relay.stats(), { timeout: 5000, interval: 5 }).toMatchObject(wanted)
}

const openDescriptors = () => readdirSync('/proc/self/fd').length

describe.each([
  { way: 'spliced', maxPipes: 32 },
  { way: 'with one pipe', maxPipes: 1 },
  { way: 'copied', maxPipes: 0 },
])('TCP bytes $way', ({ maxPipes }) => {
  test.each([0, 1, 65_536, 65_537, 9_000_001])('%i bytes go up and come down, with the half-close', async (size) => {
    start({ maxPipes })
    const sent = randomBytes(size)
    const socket = connect(expose('TCP', await serveEcho()).port)
    socket.end(sent)
    expect((await receive(socket)).equals(sent)).toBe(true)
    await untilStats({ connections: 0, reset: 0 })
  })

  test('any sequence of messages arrives whole and in order, whoever speaks first', async () => {
    start({ maxPipes })
    const chunks = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(chunks, chunks, async (up, down) => {
        let received: Promise<Buffer> | undefined
        const target = await serve((socket) => {
          received = receive(socket)
          for (const chunk of down) socket.write(chunk)
          socket.end()
        })
        const { port, listener } = expose('TCP', target)
        const socket = connect(port)
        for (const chunk of up) socket.write(chunk)
        socket.end()
        expect((await receive(socket)).equals(Buffer.concat(down))).toBe(true)
        expect((await received)?.equals(Buffer.concat(up))).toBe(true)
        await listener.close()
      }),
      { numRuns: 20 },
    )
  })

  test('a client that does not read disturbs no other, and gets everything when it does', async () => {
    start({ maxPipes })
    const content = randomBytes(30_000_000)
    const { port } = expose('TCP', await serve((socket) => socket.end(content)))
    const slow = connect(port)
    slow.pause()
    await untilStats({ connections: 1 })
    for (let i = 0; i < 3; i++) {
      const quick = connect(port)
      expect((await receive(quick)).equals(content)).toBe(true)
      quick.end()
    }
    const rest = receive(slow)
    slow.resume()
    expect((await rest).equals(content)).toBe(true)
  })
})

describe('TCP connections', () => {
  test('come from the source address, and take the targets in turn', async () => {
    start()
    const reply = (name: string) => serve((socket) => socket.end(`${name} ${socket.remoteAddress}`))
    const { port, listener } = expose('TCP', await reply('A'), await reply('B'))
    const answers: string[] = []
    for (let i = 0; i < 4; i++) answers.push(await ask(port))
    expect(answers).toEqual(['A', 'B', 'A', 'B'].map((name) => `${name} ${source}`))
    listener.retarget({ targets: [{ address: localhost, port: await reply('C') }] })
    expect(await ask(port)).toBe(`C ${localhost}`)
  })

  test('go on after a change of target and after the listener is closed', async () => {
    start()
    const { port, listener } = expose('TCP', await serveEcho())
    const socket = connect(port)
    socket.write('before ')
    await once(socket, 'data')
    listener.retarget({ targets: [] })
    await listener.close()
    socket.end('after')
    expect((await receive(socket)).toString()).toBe('after')
    expect(await errorOf(connect(port))).toBe('ECONNREFUSED')
  })

  test.each([
    {
      what: 'the target refuses',
      targets: () => [bindSocket(SOCK_STREAM)].map(({ fd, port }) => libc().close(fd) || port),
    },
    { what: 'there is no target', targets: () => [] },
  ])('are reset where $what', async ({ targets }) => {
    start()
    expect(await errorOf(connect(expose('TCP', ...targets()).port))).toBe('ECONNRESET')
    await untilStats({ connections: 0, accepted: 1, reset: 1 })
  })

  test('end in order when the target closes at once', async () => {
    start()
    const socket = connect(expose('TCP', await serve((peer) => peer.end())).port)
    expect(await receive(socket)).toHaveLength(0)
    socket.end()
    await untilStats({ connections: 0, reset: 0 })
  })

  test('a reset by the target reaches the client, after the bytes before it', async () => {
    start()
    const target = await serve((peer) =>
      peer.write('last words', () => peer.once('data', () => peer.resetAndDestroy())),
    )
    const socket = connect(expose('TCP', target).port)
    const [words] = await once(socket, 'data')
    socket.write('now')
    expect([String(words), await errorOf(socket)]).toEqual(['last words', 'ECONNRESET'])
    await untilStats({ connections: 0 })
  })

  test('a reset by the client reaches the target', async () => {
    start()
    const failure = new Promise((resolve) => {
      void serve((peer) => {
        peer.write('go')
        peer.on('error', (error) => resolve('code' in error && error.code))
      }).then(async (target) => {
        const socket = connect(expose('TCP', target).port)
        await once(socket, 'data')
        socket.resetAndDestroy()
      })
    })
    expect(await failure).toBe('ECONNRESET')
    await untilStats({ connections: 0 })
  })

  test('are refused while nobody may connect, those that run go on, and the port stays taken', async () => {
    start()
    // Of a number that was asked for: the kernel would give another one back.
    const port = await serveName('none')
    await cleanups.pop()?.()
    const { socket, bind, setsockopt } = libc()
    const bound = (fd: number): number => {
      const address = encodeSocketAddress({ address: localhost, port })
      setsockopt(fd, 1, 2, new Int32Array([1]), 4)
      return bind(fd, address, address.length)
    }
    const fd = checked('socket', socket(2, SOCK_STREAM, 0))
    checked('bind', bound(fd))
    const target = { address: localhost, port: await serveEcho() }
    const listener = relay.listenTcp(fd, { targets: [target], source })
    libc().close(fd)
    const running = connect(port)
    running.write('before')
    expect(String((await once(running, 'data'))[0])).toBe('before')
    for (const _ of [1, 2]) {
      listener.refuse(true)
      expect(await errorOf(connect(port))).toBe('ECONNREFUSED')
      const other = checked('socket', socket(2, SOCK_STREAM, 0))
      expect(bound(other)).toBe(-1)
      libc().close(other)
      listener.refuse(false)
      const next = connect(port)
      next.end('next')
      expect(String(await receive(next))).toBe('next')
    }
    running.end('after')
    expect(String(await receive(running))).toBe('after')
    listener.refuse(true)
    await untilStats({ connections: 0, pausedListeners: 0 })
    const { wakeups } = relay.stats()
    for (let i = 0; i < 100; i++) expect(await errorOf(connect(port))).toBe('ECONNREFUSED')
    // The thread is told once that its socket is shut down, and sleeps.
    expect(relay.stats().wakeups - wakeups).toBeLessThan(10)
    await listener.close()
    listener.refuse(false)
    expect(await errorOf(connect(port))).toBe('ECONNREFUSED')
    await untilStats({ pausedListeners: 0 })
  })

  test('beyond the limit, clients wait until one has gone', async () => {
    start({ maxConnections: 2 })
    const { port } = expose('TCP', await serveEcho())
    const [first, second, third] = [connect(port), connect(port), connect(port)]
    await untilStats({ connections: 2, pausedListeners: 1 })
    first.write('1')
    second.write('2')
    third.write('3')
    await Promise.all([once(first, 'data'), once(second, 'data')])
    expect(relay.stats().accepted).toBe(2)
    const answer = once(third, 'data')
    first.destroy()
    expect(String((await answer)[0])).toBe('3')
  })

  test('leave no descriptor behind, and idle ones wake nobody', async () => {
    const before = openDescriptors()
    start()
    const started = openDescriptors()
    expect(started).toBeGreaterThan(before)
    const { port, listener } = expose('TCP', await serveEcho())
    const sockets = Array.from({ length: 50 }, () => connect(port))
    await Promise.all(sockets.map((socket) => (socket.write('x'), once(socket, 'data'))))
    await untilStats({ connections: 50 })
    const { wakeups } = relay.stats()
    const direct = await serveName('other work')
    for (let i = 0; i < 50; i++) await ask(direct)
    expect(relay.stats().wakeups).toBe(wakeups)
    sockets.forEach((socket, i) => (i % 2 ? socket.destroy() : socket.resetAndDestroy()))
    await listener.close()
    await untilStats({ connections: 0 })
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
    await expect.poll(openDescriptors).toBe(before)
  })
})

describe('the process', () => {
  function run(script: string, limit: string): ChildProcess {
    const preamble = `
      import { startRelay } from ${JSON.stringify(join(compiled, 'host/relay.js'))}
      import { libc } from ${JSON.stringify(join(compiled, 'host/libc.js'))}
      const relay = startRelay({ maxConnections: 1000, onFailure: (error) => console.log(error) })`
    const file = join(compiled, `script-${cleanups.length}.mjs`)
    writeFileSync(file, `${preamble}\n${script}`)
    const child = spawn('/bin/sh', ['-c', `ulimit -n ${limit}; exec "$0" "$1"`, process.execPath, file], {
      stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
    })
    cleanups.push(() => child.kill('SIGKILL'))
    return child
  }

  test.each(['', 'process.exit(0)'])('ends with a relay that runs: %s', async (script) => {
    expect(await once(run(`process.disconnect();${script}`, '1024'), 'exit')).toEqual([0, null])
  })

  test('that runs out of descriptors lets clients wait, and serves all', async () => {
    const { fd, port } = bindSocket(SOCK_STREAM)
    checked('listen', libc().listen(fd, 512))
    const target = await serveEcho()
    const child = run(
      `process.once('message', (_, server) => {
         relay.listenTcp(server._handle.fd, { targets: [{ address: '127.0.0.1', port: ${target} }] })
         server.close(() => process.send('ready'))
         setInterval(() => {}, 60_000)
       })`,
      '60',
    )
    const handle = new net.Server()
    handle.listen({ fd })
    await once(handle, 'listening')
    child.send('listener', handle)
    handle.close()
    await once(child, 'message')
    const sockets = Array.from({ length: 80 }, () => connect(port))
    const answers = sockets.map(async (socket) => {
      socket.end('x')
      return (await receive(socket)).toString()
    })
    expect(await Promise.all(answers)).toEqual(sockets.map(() => 'x'))
  })
})

test('UDP goes through the thread too; the sessions end with the listener', async () => {
  start()
  const [server, client] = [createSocket('udp4'), createSocket('udp4')]
  cleanups.push(() => [server, client].forEach((socket) => socket.close()))
  server.on('message', (message, from) => server.send(`${from.address} ${message.toString()}`, from.port, from.address))
  server.bind(0, localhost)
  await once(server, 'listening')
  const { port, listener } = expose('UDP', server.address().port)
  client.send('hello', port, localhost)
  expect(String((await once(client, 'message'))[0])).toBe(`${source} hello`)
  expect(relay.stats().sessions).toBe(1)
  await listener.close()
  expect(relay.stats().sessions).toBe(0)
})
