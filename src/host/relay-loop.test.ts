/** The loop in this thread, with a clock of the test's own. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { checked, libc } from './libc.ts'
import { closeRelayLoop, createRelayLoop, type RelayLoop, runRelayCommand, runRelayRound } from './relay-loop.ts'
import { encodeRoute, type RelayCounters, sharedCounters, statNames } from './relay-messages.ts'
import { EPOLLIN } from './relay-poller.ts'
import { encodeSocketAddress, NONBLOCK, SOCK_DGRAM, SOCK_STREAM } from './relay-socket.ts'

const localhost = '127.0.0.1'
const source = '127.0.0.78'

const cleanups: (() => unknown)[] = []
let clock = { now: 0 }
let counters: RelayCounters
let loop: RelayLoop
let expose: (protocol: 'TCP' | 'UDP', ...ports: number[]) => number
let retarget: (...ports: number[]) => void

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function bindSocket(type: number): { fd: number; port: number } {
  const { socket, bind, getsockname } = libc()
  const fd = checked('socket', socket(2, type | NONBLOCK, 0))
  const address = encodeSocketAddress({ address: localhost, port: 0 })
  checked('bind', bind(fd, address, address.length))
  checked('getsockname', getsockname(fd, address, new Int32Array([address.length])))
  return { fd, port: new DataView(address.buffer).getUint16(2) }
}

/** Rounds alternate with those of Node's own loop. A descriptor that is always readable keeps them from blocking. */
function start(maxSessions = 100): void {
  clock = { now: 0 }
  counters = sharedCounters(new SharedArrayBuffer(statNames.length * 8))
  loop = createRelayLoop({ maxConnections: 100, maxSessions, maxPipes: 4 }, counters)
  const awake = libc().eventfd(1, 0)
  loop.context.poller.watch(awake, EPOLLIN, () => {})
  let next: NodeJS.Immediate
  const turn = () => {
    runRelayRound(loop, () => clock.now)
    next = setImmediate(turn)
  }
  turn()
  const routeTo = (ports: readonly number[]) =>
    encodeRoute({ targets: ports.map((port) => ({ address: localhost, port })), source })
  expose = (protocol, ...ports) => {
    const { fd, port } = bindSocket(protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM)
    if (protocol === 'TCP') libc().listen(fd, 100)
    runRelayCommand(loop, { kind: 'listen', id: 1, protocol, fd, route: routeTo(ports) })
    return port
  }
  retarget = (...ports) => runRelayCommand(loop, { kind: 'retarget', id: 1, route: routeTo(ports) })
  cleanups.push(() => {
    clearImmediate(next)
    closeRelayLoop(loop)
    libc().close(awake)
  })
}

async function untilCounters(wanted: Partial<RelayCounters>): Promise<void> {
  await expect.poll(() => ({ ...counters }), { interval: 1 }).toMatchObject(wanted)
}

/** Sets the clock and lets the loop go round often enough to notice. */
async function advanceTo(now: number): Promise<void> {
  clock.now = now
  const { wakeups } = counters
  await expect.poll(() => counters.wakeups, { interval: 1 }).toBeGreaterThan(wakeups + 3)
}

async function bindUdp(handler?: (socket: DatagramSocket, message: Buffer, from: number) => void) {
  const socket = createSocket('udp4')
  socket.on('message', (message, from) => handler?.(socket, message, from.port))
  socket.bind(0, localhost)
  await once(socket, 'listening')
  cleanups.push(() => socket.close())
  return { socket, port: socket.address().port }
}

/** Answers with who asked, and the text, if any. */
const bindEcho = () =>
  bindUdp((socket, message, from) =>
    socket.send(message.length === 0 ? '' : `${from} ${message.toString()}`, from, source),
  )

async function exchange(socket: DatagramSocket, port: number, message: string): Promise<readonly string[]> {
  socket.send(message, port, localhost)
  return String((await once(socket, 'message'))[0]).split(' ')
}

describe('UDP', () => {
  test('each client has a session of its own, from the source address, and gets its own answers', async () => {
    start()
    const port = expose('UDP', (await bindEcho()).port)
    const [a, b] = [(await bindUdp()).socket, (await bindUdp()).socket]
    const answers = [await exchange(a, port, 'one'), await exchange(b, port, 'two'), await exchange(a, port, 'three')]
    expect(answers.map(([, text]) => text)).toEqual(['one', 'two', 'three'])
    const [first, second, third] = answers.map(([from]) => from)
    expect([first === third, first === second, counters.sessions]).toEqual([true, false, 2])
  })

  test.each([0, 1, 1500, 60_000])('a datagram of %i bytes stays one', async (size) => {
    start()
    const port = expose('UDP', (await bindEcho()).port)
    const text = 'x'.repeat(size)
    const [from, answer] = await exchange((await bindUdp()).socket, port, text)
    expect(size === 0 ? from : answer).toBe(text)
  })

  test('sessions take the targets in turn; a new route ends them', async () => {
    start()
    const name = (text: string) => bindUdp((socket, _, from) => socket.send(text, from, source))
    const [a, b, c] = [await name('A'), await name('B'), await name('C')]
    const port = expose('UDP', a.port, b.port)
    const [first, second] = [(await bindUdp()).socket, (await bindUdp()).socket]
    const answers: (readonly string[])[] = []
    for (const socket of [first, second, first, second]) answers.push(await exchange(socket, port, '?'))
    retarget(c.port)
    expect(counters.sessions).toBe(0)
    answers.push(await exchange(first, port, '?'))
    expect(answers.flat()).toEqual(['A', 'B', 'A', 'B', 'C'])
  })

  test('a refused datagram ends its session: the next takes the next target', async () => {
    start()
    const gone = bindSocket(SOCK_DGRAM)
    const port = expose('UDP', gone.port, (await bindEcho()).port)
    libc().close(gone.fd)
    const { socket } = await bindUdp()
    let answer = ''
    socket.on('message', (message) => {
      answer = message.toString()
    })
    const ask = () => {
      socket.send('somebody', port, localhost)
      return answer
    }
    await expect.poll(ask, { interval: 5 }).toContain('somebody')
    expect(counters.sessions).toBe(1)
  })

  test('beyond the limit, the session goes that was used the longest ago', async () => {
    start(2)
    const port = expose('UDP', (await bindEcho()).port)
    const sockets = [await bindUdp(), await bindUdp(), await bindUdp()]
    const from: (string | undefined)[] = []
    for (const [second, index] of [0, 1, 0, 2, 0].entries()) {
      await advanceTo(second * 2000)
      const socket = sockets[index]?.socket
      if (socket !== undefined) from.push((await exchange(socket, port, 'x'))[0])
    }
    expect([counters.sessions, new Set(from).size, from[0] === from[4]]).toEqual([2, 3, true])
  })

  test.each([
    { state: 'unanswered', answered: false, kept: 29_000, gone: 31_000 },
    { state: 'answered', answered: true, kept: 59_000, gone: 61_000 },
  ])('an $state session ends when it was idle for more than $kept ms', async ({ answered, kept, gone }) => {
    start()
    const port = expose('UDP', (answered ? await bindEcho() : await bindUdp()).port)
    const { socket } = await bindUdp()
    if (answered) await exchange(socket, port, 'x')
    else socket.send('x', port, localhost)
    await untilCounters({ sessions: 1 })
    for (const now of [15_000, kept]) await advanceTo(now)
    expect(counters.sessions).toBe(1)
    await advanceTo(gone)
    await untilCounters({ sessions: 0 })
  })
})

test('a reset by the client ends a connection whose target takes no more', async () => {
  start()
  const target = net.createServer((peer) => {
    cleanups.push(() => peer.destroy())
    peer.on('error', () => {}).pause()
  })
  target.listen(0, localhost)
  await once(target, 'listening')
  cleanups.push(() => target.close())
  const address = target.address()
  const socket = net.connect(
    expose('TCP', typeof address === 'object' && address !== null ? address.port : 0),
    localhost,
  )
  socket.on('error', () => {}).write(new Uint8Array(30_000_000))
  const blocked = () =>
    [...loop.tcp.connections.open].map(({ upward }) => !upward.writable && upward.pipe !== undefined)
  await expect.poll(blocked, { interval: 1 }).toEqual([true])
  socket.resetAndDestroy()
  await untilCounters({ connections: 0, reset: 1, pipes: 0 })
})

describe('a target that does not answer', () => {
  /** A listener whose queue is full drops what comes in. */
  function bindSilent(): number {
    const { socket, connect, close, listen } = libc()
    const { fd, port } = bindSocket(SOCK_STREAM)
    checked('listen', listen(fd, 0))
    const address = encodeSocketAddress({ address: localhost, port })
    const fds = Array.from({ length: 4 }, () => socket(2, SOCK_STREAM | NONBLOCK, 0))
    for (const client of fds) connect(client, address, address.length)
    cleanups.push(() => [fd, ...fds].forEach(close))
    return port
  }

  async function connectToSilent(): Promise<net.Socket> {
    start()
    const socket = net.connect(expose('TCP', bindSilent()), localhost)
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {})
    await once(socket, 'connect')
    await untilCounters({ connections: 1 })
    return socket
  }

  test('is waited for while the client waits', async () => {
    await connectToSilent()
    await advanceTo(100_000)
    await advanceTo(102_000)
    expect(counters.connections).toBe(1)
  })

  test('is waited for 3 s after the client closed its side', async () => {
    const socket = await connectToSilent()
    socket.end('the last that I say')
    await once(socket, 'finish')
    for (const now of [1000, 2900]) await advanceTo(now)
    expect(counters.connections).toBe(1)
    for (const now of [4000, 6000]) await advanceTo(now)
    await untilCounters({ connections: 0, reset: 1 })
  })

  test('is given up when the client resets', async () => {
    const socket = await connectToSilent()
    socket.resetAndDestroy()
    await untilCounters({ connections: 0, reset: 1 })
  })
})
