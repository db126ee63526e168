import { createRequire } from 'node:module'
import { setImmediate as turn } from 'node:timers/promises'
import type * as Koffi from 'koffi'
import { afterEach, expect, test } from 'vitest'
import { libc } from './libc.ts'
import { pollByKoffi, pollByLibuv, type Poll, type PollHandle } from './poll.ts'
import { CLOEXEC, NONBLOCK, SOCK_DGRAM } from './relay-socket.ts'

const AF_UNIX = 1
const EBADF = 9

const koffi = createRequire(import.meta.url)(`@koromix/koffi-linux-${process.arch}`) as typeof Koffi

const ways: readonly (readonly [string, Poll | undefined])[] = [
  ['libuv', pollByLibuv(koffi, koffi.load(null))],
  ['koffi', pollByKoffi(koffi)],
]

const cleanUps: (() => void)[] = []
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()))

interface Watched {
  /** What it was told. */
  readonly seen: number[]
  readonly handle: PollHandle
  /** Makes the descriptor readable. */
  readonly send: () => void
  readonly fd: number
}

/** A socket that is read at each event, and the other end. */
function watch(poll: Poll | undefined, onReadable: () => void = () => undefined): Watched {
  if (poll === undefined) throw new Error('not on this machine')
  const c = libc()
  const fds = new Int32Array(2)
  expect(c.socketpair(AF_UNIX, SOCK_DGRAM | NONBLOCK | CLOEXEC, 0, fds)).toBe(0)
  const [fd = -1, other = -1] = fds
  const seen: number[] = []
  const handle = poll(fd, (status) => {
    c.recv(fd, new Uint8Array(8), 8, 0)
    seen.push(status)
    onReadable()
  })
  cleanUps.push(() => {
    handle.close()
    c.close(fd)
    c.close(other)
  })
  return { seen, handle, fd, send: () => void c.send(other, Uint8Array.of(1), 1, 0) }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

test.each(ways)('%s: each time the descriptor is readable it is told, until it is closed', async (_, poll) => {
  const { seen, handle, send } = watch(poll)
  await turns(3)
  expect(seen).toEqual([])
  send()
  await expect.poll(() => seen).toEqual([0])
  send()
  await expect.poll(() => seen).toEqual([0, 0])
  handle.close()
  handle.close()
  send()
  await turns(5)
  expect(seen).toEqual([0, 0])
})

test.each(ways)('%s: a handle can be closed from within, and others go on', async (_, poll) => {
  const other = watch(poll)
  const one = watch(poll, () => one.handle.close())
  one.send()
  one.send()
  other.send()
  await expect.poll(() => other.seen).toEqual([0])
  await turns(5)
  expect(one.seen).toEqual([0])
  other.send()
  await expect.poll(() => other.seen).toEqual([0, 0])
})

/** koffi has room for 8,192 callbacks. */
const MANY = 9000

test.each(ways)('%s: what is closed leaves its room to others', async (_, poll) => {
  const { fd, handle } = watch(poll)
  handle.close()
  for (let i = 0; i < MANY; i++) {
    poll?.(fd, () => undefined).close()
    if (i % 50 === 0) await turn()
  }
  const { seen, send } = watch(poll)
  send()
  await expect.poll(() => seen).toEqual([0])
})

test.each(ways)('%s: what the handler throws is uncaught, and the next event is told all the same', async (_, poll) => {
  const uncaught: unknown[] = []
  const before = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  process.on('uncaughtException', (error) => uncaught.push(error))
  cleanUps.push(() => {
    process.removeAllListeners('uncaughtException')
    for (const listener of before) process.on('uncaughtException', listener)
  })
  const fault = new Error('broken')
  const { seen, send } = watch(poll, () => {
    throw fault
  })
  send()
  await expect.poll(() => uncaught).toEqual([fault])
  send()
  await expect.poll(() => seen).toEqual([0, 0])
})

test('libuv: what cannot be polled is said', () => {
  const [[, poll] = []] = ways
  expect(() => poll?.(987_654, () => undefined)).toThrow(`uv_poll_init: -${EBADF}`)
})
