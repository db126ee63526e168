import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { acceptOn, BURST, type AcceptHandlers } from './accept.ts'
import { libc } from './libc.ts'
import { listenOn } from './listen.ts'
import { CLOEXEC, encodeSocketAddress, MSG_DONTWAIT, SOCK_STREAM } from './relay-socket.ts'
import { boundAddress } from './udp-batch.ts'

const AF_INET = 2
const LOCAL = '127.0.0.1'

const cleanUps: (() => void)[] = []
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()))

/** Where it listens. */
function accept(handlers: Partial<AcceptHandlers>): Uint8Array {
  const listener = listenOn({ protocol: 'TCP', address: LOCAL, port: 0 })
  if (!('fd' in listener)) throw new Error(listener.error)
  const address = encodeSocketAddress(boundAddress(listener.fd))
  const fail = (error: unknown): never => {
    throw error
  }
  const connected = (fd: number): void => void libc().close(fd)
  const acceptor = acceptOn(listener.fd, { admits: () => true, connected, onError: fail, ...handlers })
  cleanUps.push(acceptor.close)
  return address
}

/** All at once: the loop does not turn meanwhile. */
function connectTimes(count: number, to: Uint8Array): readonly number[] {
  const c = libc()
  const fds = Array.from({ length: count }, () => {
    const fd = c.socket(AF_INET, SOCK_STREAM | CLOEXEC, 0)
    if (fd < 0 || c.connect(fd, to, to.length) !== 0) throw new Error('cannot connect')
    return fd
  })
  cleanUps.push(() => fds.forEach((fd) => c.close(fd)))
  return fds
}

test('a flood of connections leaves a turn to others after each few', async () => {
  const accepted: number[] = []
  const connected = (fd: number): void => {
    accepted.push(fd)
    libc().close(fd)
  }
  connectTimes(100, accept({ connected }))
  const seen: number[] = []
  for (let turns = 0; accepted.length < 100 && turns < 200; turns++) {
    const before = accepted.length
    await turn()
    seen.push(accepted.length - before)
  }
  expect(accepted).toHaveLength(100)
  expect(Math.max(...seen)).toBe(BURST)
})

test('who is not admitted hears the end at once, and nobody is told of it', async () => {
  const clients: string[] = []
  const admits = (client: string): boolean => {
    clients.push(client)
    return false
  }
  const connected = (): never => {
    throw new Error('admitted')
  }
  const [fd = -1] = connectTimes(1, accept({ admits, connected }))
  const peek = (): number => libc().recv(fd, new Uint8Array(1), 1, MSG_DONTWAIT)
  for (let turns = 0; clients.length === 0 && turns < 200; turns++) await turn()
  expect(clients).toEqual([LOCAL])
  expect(peek()).toBe(0)
})
