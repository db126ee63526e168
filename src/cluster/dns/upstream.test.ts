import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createUpstream, parseUpstream, resolvConfServers, UPSTREAM_LIMITS, type UpstreamAddress } from './upstream.ts'

describe('--dns-upstream', () => {
  const rows: readonly (readonly [string, readonly UpstreamAddress[] | undefined])[] = [
    ['none', []],
    ['192.0.2.1', [{ address: '192.0.2.1', port: 53 }]],
    ['192.0.2.1:5353', [{ address: '192.0.2.1', port: 5353 }]],
    ['[2001:db8::1]:5353', [{ address: '2001:db8::1', port: 5353 }]],
    ['2001:db8::1', [{ address: '2001:db8::1', port: 53 }]],
    ['192.0.2.1:0', undefined],
    ['192.0.2.1:65536', undefined],
    ['[192.0.2.1]:53', undefined],
    ['dns.example.test:53', undefined],
    ['', undefined],
  ]
  test.each(rows)('%s', (text, expected) => expect(parseUpstream(text)).toEqual(expected))
})

test('the servers of a resolv.conf', () => {
  const text = [
    '# nameserver 192.0.2.9',
    'search example.test',
    'nameserver 127.0.0.53',
    '  nameserver\t2001:db8::1 # comment',
    'nameserver name.example.test',
    'nameserver fe80::1%eth0',
    'nameserver 192.0.2.4',
  ].join('\n')
  expect(resolvConfServers(text).map(({ address }) => address)).toEqual(['127.0.0.53', '2001:db8::1', 'fe80::1%eth0'])
  expect(resolvConfServers('')).toEqual([])
})

const QUERY = Uint8Array.from([
  0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 4, 0x54, 0x65, 0x53, 0x74, 0, 0, 1, 0, 1,
])
const LIMITS = { ...UPSTREAM_LIMITS, tryTimeout: 60, totalTimeout: 150, inFlight: 2 }

/** The query as an answer with `flags` in its third byte and `extra` at its end. */
function answerTo(query: Uint8Array, flags = 0x80, extra: readonly number[] = []): Buffer {
  const answer = Buffer.concat([query, Uint8Array.from(extra)])
  answer[2] = flags
  return answer
}

/** `. NS`: no name is shorter. */
const isProbe = (query: Buffer): boolean => query[12] === 0

/** No client connects from here, so that a port that is free for UDP is free for TCP too. */
const LOCAL = '127.0.41.1'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

async function udpServer(
  onQuery: (query: Buffer, send: (answer: Uint8Array) => void) => void,
  port = 0,
): Promise<UpstreamAddress> {
  const socket = createSocket('udp4')
  socket.on('message', (query, peer) => {
    onQuery(query, (answer) => socket.send(answer, peer.port, peer.address))
  })
  socket.bind(port, LOCAL)
  await once(socket, 'listening')
  cleanUps.push(() => socket.close())
  return { address: LOCAL, port: socket.address().port }
}

async function tcpServer(port: number, answer: (query: Buffer) => Buffer): Promise<void> {
  const server = createServer((socket) => {
    socket.once('data', (data) => {
      const message = answer(data.subarray(2))
      const frame = Buffer.concat([Uint8Array.of(message.length >>> 8, message.length & 0xff), message])
      socket.write(frame.subarray(0, 5))
      socket.end(frame.subarray(5))
    })
  })
  server.listen(port, LOCAL)
  await once(server, 'listening')
  cleanUps.push(() => server.close())
}

function upstream(servers: readonly UpstreamAddress[]): ReturnType<typeof createUpstream> {
  const made = createUpstream(servers, LIMITS)
  cleanUps.push(() => made.close())
  return made
}

describe('a query', () => {
  test('is sent with another id and comes back with its own', async () => {
    const ids: number[] = []
    const server = await udpServer((query, send) => {
      ids.push(query.readUInt16BE(0))
      send(answerTo(query))
    })
    const asked = upstream([server])
    for (let i = 0; i < 3; i++) expect(await asked.query(QUERY, false)).toEqual(Uint8Array.from(answerTo(QUERY)))
    expect(new Set(ids).size).toBeGreaterThan(1)
  })

  test('is not answered by what has another id, another question or is no answer', async () => {
    const server = await udpServer((query, send) => {
      const otherId = answerTo(query)
      otherId.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0)
      send(otherId)
      const otherName = answerTo(query)
      otherName[13] = 0x62
      send(otherName)
      send(query)
      send(Buffer.alloc(3))
      const lowerCase = answerTo(query, 0x84)
      lowerCase[15] = 0x74
      send(lowerCase)
    })
    expect((await upstream([server]).query(QUERY, false))?.[2]).toBe(0x84)
  })

  test.each<readonly [string, (query: Buffer) => Buffer]>([
    [
      'an answer that cannot be read',
      (query) => {
        const broken = answerTo(query, 0x80, [0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 1])
        broken[7] = 1
        return broken
      },
    ],
    [
      'an answer without the question',
      (query) => Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80]), Buffer.alloc(8)]),
    ],
  ])('is asked elsewhere after %s', async (_, answer) => {
    const broken = await udpServer((query, send) => send(answer(query)))
    const good = await udpServer((query, send) => send(answerTo(query, 0x84)))
    expect((await upstream([broken, good]).query(QUERY, false))?.[2]).toBe(0x84)
  })

  test('is repeated when nothing comes, and goes to the next server', async () => {
    const silent = await udpServer(() => undefined)
    const speaking = await udpServer((query, send) => send(answerTo(query)))
    expect(await upstream([silent, speaking]).query(QUERY, false)).toBeDefined()
  })

  test('ends without an answer after three tries, when the time is up, and at once when the port is closed', async () => {
    let seen = 0
    const silent = await udpServer((query) => {
      if (!isProbe(query)) seen++
    })
    const patient = createUpstream([silent], { ...LIMITS, totalTimeout: 50_000 })
    cleanUps.push(() => patient.close())
    expect(await patient.query(QUERY, false)).toBeUndefined()
    expect(seen).toBe(3)
    expect(await upstream([silent]).query(QUERY, false)).toBeUndefined()
    const unused = await udpServer(() => undefined)
    cleanUps.pop()?.()
    const closed = createUpstream([unused], { ...LIMITS, tryTimeout: 20_000, totalTimeout: 50_000, inFlight: 1 })
    expect(await closed.query(QUERY, false)).toBeUndefined()
  })

  test('is not sent to a server that is known to be silent, whoever asks, until it speaks again', async () => {
    let [seen, speaks] = [0, false]
    const server = await udpServer((query, send) => {
      if (!isProbe(query)) seen++
      if (speaks) send(answerTo(query))
    })
    const limits = { ...LIMITS, probeTimeout: 20, probeInterval: 20 }
    const asked = createUpstream([server], limits)
    cleanUps.push(() => asked.close())
    expect(await asked.query(QUERY, false)).toBeUndefined()
    await expect.poll(() => asked.down()).toEqual([server])
    const before = seen
    for (let i = 0; i < 20; i++) expect(await asked.query(QUERY, false)).toBeUndefined()
    expect(seen).toBe(before)
    speaks = true
    await expect.poll(() => asked.down()).toEqual([])
    expect(await asked.query(QUERY, false)).toBeDefined()
  })

  test('is sent to a server whose port was closed a moment ago, where no other answers', async () => {
    const { port } = await udpServer(() => undefined)
    cleanUps.pop()?.()
    const closed = { address: LOCAL, port }
    const asked = createUpstream([closed], { ...LIMITS, probeInterval: 20_000 })
    cleanUps.push(() => asked.close())
    expect(await asked.query(QUERY, false)).toBeUndefined()
    await expect.poll(() => asked.down()).toEqual([closed])
    await udpServer((query, send) => send(answerTo(query)), port)
    expect(await asked.query(QUERY, false)).toBeDefined()
  })

  test('is asked by TCP after a truncated answer only where the client came by TCP', async () => {
    const server = await udpServer((query, send) => send(answerTo(query, 0x82)))
    await tcpServer(server.port, (query) => answerTo(query, 0x80, [9]))
    const asked = upstream([server])
    expect(await asked.query(QUERY, false)).toEqual(Uint8Array.from(answerTo(QUERY, 0x82)))
    expect(await asked.query(QUERY, true)).toEqual(Uint8Array.from(answerTo(QUERY, 0x80, [9])))
  })

  test('fails at once above the number in flight, without servers, and after the end', async () => {
    const server = await udpServer(() => undefined)
    const asked = upstream([server])
    const waiting = [asked.query(QUERY, false), asked.query(QUERY, false)]
    expect(await asked.query(QUERY, false)).toBeUndefined()
    expect(asked.refusals.count).toBe(1)
    asked.close()
    expect(await Promise.all(waiting)).toEqual([undefined, undefined])
    expect(await asked.query(QUERY, false)).toBeUndefined()
    expect(await upstream([]).query(QUERY, false)).toBeUndefined()
  })
})
