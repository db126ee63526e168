import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Resolver } from 'node:dns/promises'
import koffi from 'koffi'
import { afterEach, describe, expect, test } from 'vitest'
import type { AnyObject } from '../../api/kinds.ts'
import { queryMessage } from '../../dns/message.ts'
import { readMessage } from '../../dns/read-message.ts'
import { CLASS_IN, formatRecord, RCODE, TYPE } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { zoneConfig } from '../../dns/zone-config.ts'
import { compileZone, type Zone } from '../../dns/zone.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { createDnsMetrics } from './metrics.ts'
import type { Exchange } from './query-feed.ts'
import { startDnsServer, type DnsServer, type DnsServerOptions } from './server.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', ...RANGES })
const SHOP: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
const WEB = 'web.shop.svc.cluster.local.'

function zoneWith(clusterIP: string): Zone {
  const web: AnyObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { clusterIP, ports: [{ name: 'http', port: 80 }] },
  }
  return compileZone(snapshotOf([SHOP, web]), CONFIG)
}

const CROWD = 'crowd.shop.svc.cluster.local.'
/** A hundred endpoints: eight kilobytes of SRV. */
const crowd: Zone = compileZone(
  snapshotOf([
    SHOP,
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'crowd', namespace: 'shop' },
      spec: { clusterIP: 'None', ports: [{ name: 'http', port: 80 }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'crowd', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'crowd' } },
      addressType: 'IPv4',
      endpoints: Array.from({ length: 100 }, (_, i) => ({ addresses: [`10.244.0.${i}`] })),
      ports: [{ name: 'http', port: 80 }],
    },
  ]),
  CONFIG,
)

function query(id: number, name = WEB, type: number = TYPE.A): Uint8Array {
  return writeMessage(queryMessage(id, { name, type, class: CLASS_IN }))
}

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function start(options: Partial<DnsServerOptions> = {}): Promise<DnsServer> {
  const zone = zoneWith('10.96.0.10')
  const server = await startDnsServer({ listen: { address: '127.0.0.1', port: 0 }, zone: () => zone, ...options })
  cleanUps.push(() => server.close())
  return server
}

async function askUdp(port: number, bytes: Uint8Array, address = '127.0.0.1'): Promise<Uint8Array> {
  const socket = createSocket('udp4')
  try {
    socket.send(bytes, port, address)
    const [message] = (await once(socket, 'message')) as [Buffer]
    return message
  } finally {
    socket.close()
  }
}

function frame(bytes: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(bytes.length >>> 8, bytes.length & 0xff), bytes])
}

async function open(port: number, address = '127.0.0.1', localAddress = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ port, host: address, localAddress })
  socket.on('error', () => undefined)
  cleanUps.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Resolves when the connection has ended, in peace or not. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
  })
}

/** All messages until the server hangs up. */
async function readAll(socket: Socket): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  const all = Buffer.concat(chunks)
  const messages: Uint8Array[] = []
  for (let at = 0; at < all.length; at += 2 + all.readUInt16BE(at)) {
    messages.push(all.subarray(at + 2, at + 2 + all.readUInt16BE(at)))
  }
  return messages
}

function answersOf(bytes: Uint8Array): readonly string[] {
  return readMessage(bytes)?.answers.map(formatRecord) ?? ['broken']
}

describe('UDP', () => {
  test('an answer is never older than the zone', async () => {
    let zone = zoneWith('10.96.0.10')
    const { port } = await start({ zone: () => zone })
    expect(answersOf(await askUdp(port, query(1)))).toEqual([`${WEB} 5 IN A 10.96.0.10`])
    zone = zoneWith('10.96.0.20')
    expect(answersOf(await askUdp(port, query(2)))).toEqual([`${WEB} 5 IN A 10.96.0.20`])
  })

  test('garbage gets no answer or an error, and the next query is answered', async () => {
    const { port } = await start()
    const socket = createSocket('udp4')
    cleanUps.push(() => socket.close())
    for (let length = 0; length < 12; length++) socket.send(new Uint8Array(length).fill(255), port, '127.0.0.1')
    expect(readMessage(await askUdp(port, query(3).subarray(0, 15)))?.rcode).toBe(RCODE.FORMERR)
    expect(answersOf(await askUdp(port, query(4)))).toHaveLength(1)
  })

  test('a fault in the zone costs the query, not the server', async () => {
    const errors: unknown[] = []
    let broken = true
    const zone = (): Zone => {
      if (broken) throw new Error('no zone')
      return zoneWith('10.96.0.10')
    }
    const { port } = await start({ zone, onError: (error) => errors.push(error) })
    const socket = await open(port)
    socket.end(frame(query(1)))
    expect(await readAll(socket)).toEqual([])
    broken = false
    expect(answersOf(await askUdp(port, query(5)))).toHaveLength(1)
    expect(errors).toEqual([new Error('no zone')])
  })

  test("Node's own resolver is content with it", async () => {
    const { port } = await start()
    const resolver = new Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([`127.0.0.1:${port}`])
    expect(await resolver.resolve4(WEB)).toEqual(['10.96.0.10'])
    await expect(resolver.resolve6(WEB)).rejects.toMatchObject({ code: 'ENODATA' })
    await expect(resolver.resolve4('nope.shop.svc.cluster.local')).rejects.toMatchObject({ code: 'ENOTFOUND' })
    const [srv] = await resolver.resolveSrv('_http._tcp.web.shop.svc.cluster.local')
    expect(srv).toMatchObject({ name: WEB.slice(0, -1), port: 80 })
  })

  test('a burst is answered whole, each query once', async () => {
    const { port } = await start()
    const socket = createSocket('udp4')
    cleanUps.push(() => socket.close())
    const wanted = Array.from({ length: 200 }, (_, id) => id)
    const ids = new Promise<readonly number[]>((resolve) => {
      const got: number[] = []
      socket.on('message', (message) => {
        expect(answersOf(message)).toEqual([`${WEB} 5 IN A 10.96.0.10`])
        got.push(message.readUInt16BE(0))
        if (got.length === wanted.length) resolve(got)
      })
    })
    for (const id of wanted) socket.send(query(id), port, '127.0.0.1')
    expect((await ids).toSorted((a, b) => a - b)).toEqual(wanted)
  })

  test('all addresses of both families, each client by its own', async () => {
    const clients: string[] = []
    const queries = { followed: true, tell: ({ client }: Exchange) => clients.push(client), follow: () => () => {} }
    const observer = { metrics: createDnsMetrics(), queries }
    const { port } = await start({ listen: { address: '::', port: 0 }, observer })
    expect(answersOf(await askUdp(port, query(1)))).toHaveLength(1)
    expect(answersOf(await askUdp(port, query(2), '127.0.0.2'))).toHaveLength(1)
    for (const address of ['127.0.0.1', '::1']) {
      const socket = await open(port, address, address)
      socket.end(frame(query(3)))
      expect(await readAll(socket)).toHaveLength(1)
    }
    expect(clients).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1', '::1'])
  })

  test('IPv6', async () => {
    const { port } = await start({ listen: { address: '::1', port: 0 } })
    const socket = createSocket('udp6')
    cleanUps.push(() => socket.close())
    socket.send(query(6), port, '::1')
    const [message] = (await once(socket, 'message')) as [Buffer]
    expect(answersOf(message)).toHaveLength(1)
  })
})

describe('upstream', () => {
  test('a foreign name is asked there, by the way the client came', async () => {
    const asked: boolean[] = []
    const upstream = {
      query: async (bytes: Uint8Array, overTcp: boolean) => {
        asked.push(overTcp)
        const answer = Uint8Array.from(bytes)
        answer[2] = 0x80
        return answer
      },
    }
    const { port } = await start({ upstream })
    expect(readMessage(await askUdp(port, query(7, 'a.test.')))).toMatchObject({ id: 7, response: true, rcode: 0 })
    const socket = await open(port)
    socket.end(frame(query(8, 'a.test.')))
    expect((await readAll(socket)).map((bytes) => readMessage(bytes)?.id)).toEqual([8])
    expect(asked).toEqual([false, true])
  })

  test.each([
    ['none', {}],
    ['one that has no answer', { upstream: { query: async () => undefined } }],
    ['one that fails', { upstream: { query: () => Promise.reject(new Error('gone')) } }],
    ['one that is too busy', { limits: { forwarded: 0 }, upstream: { query: async (bytes: Uint8Array) => bytes } }],
  ])('%s: SERVFAIL', async (_, options: Partial<DnsServerOptions>) => {
    const { port } = await start(options)
    expect(readMessage(await askUdp(port, query(9, 'a.test.')))).toMatchObject({ id: 9, rcode: RCODE.SERVFAIL })
  })
})

describe('TCP', () => {
  test('queries in one piece, in single bytes, and a half one at the end', async () => {
    const { port } = await start()
    const socket = await open(port)
    socket.setNoDelay(true)
    socket.write(Buffer.concat([frame(query(1)), frame(query(2))]))
    for (const byte of frame(query(3))) socket.write(Uint8Array.of(byte))
    socket.end(frame(query(4)).subarray(0, 9))
    expect((await readAll(socket)).map((bytes) => readMessage(bytes)?.id)).toEqual([1, 2, 3])
  })

  test('a query that waits for upstream does not hold up the next one', async () => {
    let release: (bytes: Uint8Array | undefined) => void = () => undefined
    const upstream = {
      query: () =>
        new Promise<Uint8Array | undefined>((resolve) => {
          release = resolve
        }),
    }
    const { port } = await start({ upstream })
    const socket = await open(port)
    socket.end(Buffer.concat([frame(query(1, 'slow.test.')), frame(query(2))]))
    const reading = readAll(socket)
    await once(socket, 'readable')
    release(undefined)
    expect((await reading).map((bytes) => readMessage(bytes)?.id)).toEqual([2, 1])
  })

  test('more queries than may be under way are all answered', async () => {
    const upstream = { query: async () => undefined }
    const { port } = await start({ upstream, limits: { pipelined: 3 } })
    const socket = await open(port)
    const ids = Array.from({ length: 200 }, (_, i) => i)
    socket.end(Buffer.concat(ids.map((id) => frame(query(id, id % 2 === 0 ? WEB : 'a.test.')))))
    const got = (await readAll(socket)).map((bytes) => readMessage(bytes)?.id ?? -1)
    expect(got.sort((a, b) => a - b)).toEqual(ids)
  })

  test('a client that does not read its answers is not answered without end', async () => {
    let answered = 0
    const zone = (): Zone => {
      answered++
      return crowd
    }
    const { port } = await start({ zone, limits: { idleTimeout: 150 } })
    const socket = await open(port)
    socket.pause()
    const count = 20_000
    socket.write(Buffer.concat(Array.from({ length: count }, (_, id) => frame(query(id, CROWD, TYPE.SRV)))))
    // A client that does not read learns of the end only when it writes.
    const probe = setInterval(() => socket.write(Uint8Array.of(0)), 50)
    await closing(socket)
    clearInterval(probe)
    expect(answered).toBeLessThan(count / 2)
  })

  test('a connection is closed when it is idle, single bytes or not', async () => {
    const { port } = await start({ limits: { idleTimeout: 150 } })
    const silent = await open(port)
    const dripping = await open(port)
    const drip = setInterval(() => dripping.write(Uint8Array.of(0)), 40)
    cleanUps.push(() => clearInterval(drip))
    for (const socket of [silent, dripping]) socket.resume()
    await Promise.all([closing(silent), closing(dripping)])
    expect(answersOf(await askUdp(port, query(1)))).toHaveLength(1)
  })

  test('connections beyond the limit are refused', async () => {
    const { port } = await start({ limits: { connections: 1 } })
    const first = await open(port)
    const second = await open(port)
    expect(await readAll(second).catch(() => [])).toEqual([])
    first.end(frame(query(1)))
    expect(await readAll(first)).toHaveLength(1)
  })
})

describe('one client', () => {
  test('has its share of the connections, and when one has ended another', async () => {
    const { port } = await start({ limits: { connections: 10, connectionsOfClient: 2 } })
    const held = [await open(port), await open(port)]
    const third = await open(port)
    expect(await readAll(third).catch(() => [])).toEqual([])
    const other = await open(port, '127.0.0.1', '127.0.0.2')
    other.end(frame(query(1)))
    expect(await readAll(other)).toHaveLength(1)
    held[0]?.end(frame(query(2)))
    expect(await readAll(held[0] as Socket)).toHaveLength(1)
    const fourth = await open(port)
    fourth.end(frame(query(3)))
    expect(await readAll(fourth)).toHaveLength(1)
  })
})

describe('listening', () => {
  test('a port that is taken is an error', async () => {
    const { port } = await start()
    await expect(start({ listen: { address: '127.0.0.1', port } })).rejects.toThrow('EADDRINUSE')
  })

  test('close ends open connections', async () => {
    const server = await startDnsServer({
      listen: { address: '127.0.0.1', port: 0 },
      zone: () => zoneWith('10.96.0.1'),
    })
    const socket = await open(server.port)
    socket.resume()
    await Promise.all([closing(socket), server.close()])
    expect(socket.destroyed).toBe(true)
  })

  test('sockets that were bound before are taken over by their descriptors', async () => {
    const udp = boundSocket(SOCK_DGRAM, 0)
    const port = portOf(udp)
    const server = await start({ listen: { udp, tcp: boundSocket(SOCK_STREAM, port) } })
    expect(server).toMatchObject({ address: LOCAL, port })
    expect(answersOf(await askUdp(port, query(1), LOCAL))).toHaveLength(1)
    const socket = await open(port, LOCAL)
    socket.end(frame(query(2)))
    expect(await readAll(socket)).toHaveLength(1)
  })
})

const LOCAL = '127.0.42.1'
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const libc = koffi.load(null)
const socketCall = libc.func('int socket(int domain, int type, int protocol)')
const bindCall = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)')
const nameCall = libc.func('int getsockname(int fd, uint8_t *address, uint32_t *length)')

/** A socket as another program would hand it over: bound to an address from which no client connects. */
function boundSocket(type: number, port: number): number {
  const fd: unknown = socketCall(2, type, 0)
  const address = Buffer.from([2, 0, port >>> 8, port & 0xff, 127, 0, 42, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  if (typeof fd !== 'number' || fd < 0 || bindCall(fd, address, address.length) !== 0) throw new Error('cannot bind')
  return fd
}

function portOf(fd: number): number {
  const address = Buffer.alloc(16)
  if (nameCall(fd, address, Uint32Array.of(16)) !== 0) throw new Error('no address')
  return address.readUInt16BE(2)
}
