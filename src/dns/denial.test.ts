import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { createDenials } from './denial.ts'
import { queryMessage, type Message } from './message.ts'
import { createPacketQuestion, readQuestion } from './packet-question.ts'
import { CLASS_IN, QTYPE, TYPE } from './records.ts'
import { respond } from './respond.ts'
import { writeMessage } from './write-message.ts'
import { zoneConfig, type ZoneConfig } from './zone-config.ts'
import { compileZone, type Zone } from './zone.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const service = (name: string, spec: object): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec,
})
const OBJECTS: readonly AnyObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  service('web', { clusterIP: '10.96.0.1', ports: [{ name: 'http', port: 80 }] }),
  service('ext', { type: 'ExternalName', externalName: 'db.test' }),
]
const denials = createDenials()
const question = createPacketQuestion()

function zone(options: Partial<ZoneConfig> = {}, clusterDomain = 'cluster.local'): Zone {
  return compileZone(
    { ...snapshotOf(OBJECTS), resourceVersion: 0x01020304 },
    zoneConfig({ clusterDomain, ...RANGES }, options),
  )
}

/** The reply in place; undefined where the name is none to be denied so. */
function denied(of: Zone, query: Uint8Array): readonly number[] | undefined {
  const packet = new Uint8Array(2048)
  packet.set(query)
  if (!readQuestion(question, packet, query.length) || !denials.isMissing(of, question, packet)) return undefined
  return [...packet.subarray(0, denials.write(of, question, packet))]
}

function query(name: string, type: number = TYPE.A, changes: Partial<Message> = {}): Uint8Array {
  return writeMessage({ ...queryMessage(0xbeef, { name, type, class: CLASS_IN }), ...changes })
}

function answered(of: Zone, bytes: Uint8Array): readonly number[] {
  const reaction = respond(of, bytes, { overTcp: false })
  return reaction.kind === 'reply' ? [...reaction.bytes] : []
}

const Z = 'svc.cluster.local.'

describe('the denial in place is, byte by byte, that of the server', () => {
  const without = { recursionDesired: false, checkingDisabled: true, authenticData: true }
  test.for<readonly [string, Uint8Array, Zone]>([
    ['a Service', query(`nope.shop.${Z}`), zone()],
    ['a namespace', query(`web.other.${Z}`), zone()],
    ['other flags', query(`nope.shop.${Z}`, TYPE.A, without), zone()],
    ['another type', query(`nope.shop.${Z}`, 65), zone()],
    ['capital letters', query('NoPe.sHoP.SvC.cLuStEr.LoCaL.'), zone()],
    ['an endpoint', query(`a-1.nope.shop.${Z}`), zone()],
    ['a port', query(`_http._tcp.nope.shop.${Z}`, TYPE.SRV), zone()],
    ['too many labels', query(`a.b.c.d.nope.shop.${Z}`), zone()],
    ['a long TTL', query(`nope.shop.${Z}`), zone({ ttl: 3600 })],
    ['another zone', query('nope.shop.svc.corp.test.example.'), zone({}, 'corp.test.example')],
    ['a name of the zone as a label', query(`cluster.local.${Z}`), zone()],
    ['a label with a dot in it', query(`web\\046shop.shop.${Z}`), zone()],
    ['the longest labels', query(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${Z}`), zone()],
  ])('%s', ([, bytes, of]) => {
    expect(denied(of, bytes)).toEqual(answered(of, bytes))
  })

  test('any name', () => {
    const label = fc.constantFrom('web', 'nope', 'shop', 'ext', 'svc', 'pod', 'cluster', 'local', 'WEB', '_tcp', 'a/b')
    const name = fc.tuple(
      fc.array(label, { maxLength: 6 }),
      fc.constantFrom(Z, 'SVC.cluster.LOCAL.', 'cluster.local.', 'x.'),
    )
    const of = zone()
    fc.assert(
      fc.property(name, fc.constantFrom(1, 16, 28, 33, 255), ([labels, suffix], type) => {
        const bytes = query([...labels, suffix].join('.'), type)
        const found = denied(of, bytes)
        if (found !== undefined) expect(found).toEqual(answered(of, bytes))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('not denied so', () => {
  const edns = { edns: { size: 1232, version: 0, dnssecOk: false } }
  test.for<readonly [string, Uint8Array, Zone]>([
    ['a Service that is there', query(`web.shop.${Z}`), zone()],
    ['in capital letters', query(`WEB.Shop.${Z}`), zone()],
    ['a port of it that is not', query(`_x._tcp.web.shop.${Z}`, TYPE.SRV), zone()],
    ['a namespace', query(`shop.${Z}`), zone()],
    ['the zone', query('cluster.local.'), zone()],
    ['a Pod', query('10-0-0-1.shop.pod.cluster.local.'), zone()],
    ['another zone', query('nope.shop.svc.cluster.test.'), zone()],
    ['its end within a label', query('nope.shop.svc.xcluster.local.'), zone()],
    ['a client that is told why', query(`nope.shop.${Z}`, TYPE.A, edns), zone()],
    ['a transfer', query(`nope.shop.${Z}`, QTYPE.AXFR), zone()],
    ['before all is known', query(`nope.shop.${Z}`), zone({ synced: false })],
    ['a search path', query(`nope.shop.${Z}`), zone({ autopath: [] })],
  ])('%s', ([, bytes, of]) => {
    expect(denied(of, bytes)).toBeUndefined()
  })
})
