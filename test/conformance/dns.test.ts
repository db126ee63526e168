import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnyObject, Kind } from '../../src/api/kinds.ts'
import { startDnsServer, type DnsServer } from '../../src/cluster/dns/server.ts'
import { createUpstream, type Upstream } from '../../src/cluster/dns/upstream.ts'
import { respond, type Reaction } from '../../src/dns/respond.ts'
import { zoneConfig, type ZoneConfig } from '../../src/dns/zone-config.ts'
import { compileZone, type Zone } from '../../src/dns/zone.ts'
import { parseCIDR, parseIP } from '../../src/lib/ip.ts'
import { snapshotOf } from '../../src/model/snapshot.ts'
import { compare, isTruncated, queryOf, readCases, upstreamAnswer, type Case } from './dns/cases.ts'

const CIDRS = ['10.96.0.0/12', '10.244.0.0/16', 'fd00::/64', 'fd00:1::/64']

function objects(file: string, kind: Kind): readonly AnyObject[] {
  const text = readFileSync(new URL(`dns/fixture/${file}.json`, import.meta.url), 'utf8')
  const { items } = JSON.parse(text) as { items: readonly AnyObject[] }
  return items.map((item) => ({ ...item, kind }) as AnyObject)
}

const slices = objects('endpointslices', 'EndpointSlice')
const others = [...objects('namespaces', 'Namespace'), ...objects('services', 'Service'), ...objects('pods', 'Pod')]

function zone(options: Partial<ZoneConfig>, withSlices = true): Zone {
  const none = { nodeCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [], serviceCIDRs: [] }
  const podCIDRs = CIDRS.flatMap((text) => parseCIDR(text) ?? [])
  const serverAddresses = [parseIP('127.0.0.1')].filter((ip) => ip !== undefined)
  const config = zoneConfig({ clusterDomain: 'cluster.local', podCIDRs, ...none }, { serverAddresses, ...options })
  return compileZone(snapshotOf(withSlices ? [...others, ...slices] : others), config)
}

const ZONES: Readonly<Record<string, Zone>> = {
  base: zone({}),
  insecure: zone({
    podRecords: 'insecure',
    endpointPodNames: true,
    namespaceVisible: ({ metadata }) => metadata.name === 'shop',
  }),
  disabled: zone({ podRecords: 'disabled', ignoreEmptyService: true }),
  noslices: zone({}, false),
  search: zone({ autopath: [] }),
  long: zone({ ttl: 3600 }),
  never: zone({ ttl: 0 }),
  filling: zone({ synced: false }),
}
const recorded = readCases()
const cases = [...recorded, ...readCases('more-cases.jsonl')]
const CLIENT = '127.0.0.1'

function zoneOf(c: Case): Zone {
  const found = ZONES[c.config]
  if (found === undefined) throw new Error(`no zone for ${c.config}`)
  return found
}

function answerPurely(c: Case, overTcp: boolean): Uint8Array | undefined {
  let reaction: Reaction = respond(zoneOf(c), queryOf(c, 4711), { overTcp, client: CLIENT })
  while (reaction.kind === 'ask') reaction = reaction.resume(upstreamAnswer(reaction.query))
  const bytes = reaction.kind === 'reply' ? reaction.bytes : undefined
  return bytes && isTruncated(bytes) && c.tc !== true && !overTcp ? answerPurely(c, true) : bytes
}

test('every case has a configuration and an id of its own', () => {
  expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
  expect(recorded.length).toBe(122)
})

describe('the pure function answers as required', () => {
  test.each(cases)('$id $config $row $name $type', (c) => {
    expect(compare(c, answerPurely(c, c.transport === 'tcp'))).toEqual([])
  })
})

async function askUdp(port: number, query: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket('udp4')
  try {
    socket.send(query, port, '127.0.0.1')
    const [message] = (await once(socket, 'message')) as [Buffer]
    return message
  } finally {
    socket.close()
  }
}

async function askTcp(port: number, query: Uint8Array): Promise<Uint8Array> {
  const socket = connect(port, '127.0.0.1')
  const head = Uint8Array.of(query.length >>> 8, query.length & 0xff)
  socket.end(Buffer.concat([head, query]))
  const chunks: Uint8Array[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).subarray(2)
}

describe('the server answers as required, over UDP and TCP', () => {
  const servers = new Map<string, DnsServer>()
  const upstreamSocket = createSocket('udp4')
  let upstream: Upstream | undefined

  beforeAll(async () => {
    upstreamSocket.on('message', (message, { port, address }) => {
      const answer = upstreamAnswer(message)
      if (answer !== undefined) upstreamSocket.send(answer, port, address)
    })
    upstreamSocket.bind(0, '127.0.0.1')
    await once(upstreamSocket, 'listening')
    upstream = createUpstream([{ address: '127.0.0.1', port: upstreamSocket.address().port }])
    for (const [name, compiled] of Object.entries(ZONES)) {
      const listen = { address: '127.0.0.1', port: 0 }
      servers.set(name, await startDnsServer({ listen, zone: () => compiled, upstream }))
    }
  })

  afterAll(async () => {
    for (const server of servers.values()) await server.close()
    upstream?.close()
    upstreamSocket.close()
  })

  test.each(cases)('$id $config $row $name $type', async (c) => {
    const port = servers.get(c.config)?.port ?? 0
    const query = queryOf(c, 1234)
    if (c.transport !== 'tcp') {
      const answer = await askUdp(port, query)
      if (c.tc === true || !isTruncated(answer)) expect(compare(c, answer)).toEqual([])
    }
    if (c.tc !== true) expect(compare(c, await askTcp(port, query))).toEqual([])
  })
})
