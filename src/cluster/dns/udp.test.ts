import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { libc } from '../../host/libc.ts'
import { encodeSocketAddress } from '../../host/relay-socket.ts'
import { bindUdp, sendTo } from '../../host/udp-batch.ts'
import type { Answerer } from './answerer.ts'
import { serveUdp } from './udp.ts'

const LOCAL = { address: '127.0.0.1', port: 0 }

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

/** A server that answers nothing, and one datagram to it. `begin` is called for each batch. */
async function serve(begin: () => void): Promise<() => void> {
  const answerer: Answerer = {
    begin: () => (begin(), true),
    end: () => undefined,
    overwrite: () => 0,
    answer: () => undefined,
  }
  const fail = (error: unknown): never => {
    throw error
  }
  const server = await serveUdp(LOCAL, answerer, fail)
  const client = bindUdp(LOCAL)
  cleanUps.push(
    () => server.close(),
    () => libc().close(client),
  )
  const to = encodeSocketAddress(server)
  return () => sendTo(client, Uint8Array.of(1), to)
}

/** What happened, in order, of a server to which each batch up to the given one brings another datagram. */
async function batches(count: number): Promise<readonly string[]> {
  const order: string[] = []
  const send = await serve(() => {
    order.push('batch')
    if (order.length === 1) setImmediate(() => order.push('others'))
    if (order.length < count) send()
  })
  send()
  for (let turns = 0; turns < 1000 && order.length <= count; turns++) await turn()
  return order
}

test('what comes while others are answered is answered before the loop goes on', async () => {
  expect(await batches(3)).toEqual(['batch', 'batch', 'batch', 'others'])
})

test('where that has no end, it is the turn of others after eight times', async () => {
  expect((await batches(20)).indexOf('others')).toBe(8)
})
