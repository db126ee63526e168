import { describe, expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { queryMessage } from './message.ts'
import { createPacketQuestion, readQuestion } from './packet-question.ts'
import { readMessage } from './read-message.ts'
import { CLASS_IN, TYPE } from './records.ts'
import { respond, type Reaction } from './respond.ts'
import { writeMessage } from './write-message.ts'
import { createZoneAnswers } from './zone-answers.ts'
import { zoneConfig } from './zone-config.ts'
import { compileZone, type Zone } from './zone.ts'

const CIDRS = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const CONFIG = zoneConfig({ clusterDomain: 'cluster.local', ...CIDRS })
const service = (name: string, spec: object): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { ports: [{ name: 'http', port: 80 }], ...spec },
})
const OBJECTS: readonly AnyObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  service('web', { clusterIP: '10.96.0.1' }),
  service('six', { clusterIP: 'fd00::1' }),
  service('cold', { clusterIP: 'None' }),
  service('ext', { type: 'ExternalName', externalName: 'missing.shop.svc.cluster.local' }),
  service('out', { type: 'ExternalName', externalName: 'db.example.test' }),
  service('self', { type: 'ExternalName', externalName: 'self.shop.svc.cluster.local' }),
  service('extip', { type: 'ExternalName', externalName: '192.0.2.9' }),
]
const ZONE = compileZone(snapshotOf(OBJECTS), CONFIG)
const UNSYNCED = compileZone(snapshotOf(OBJECTS), { ...CONFIG, synced: false })

function query(name: string, type: number, size: number | undefined): Uint8Array {
  const edns = size === undefined ? {} : { edns: { size, version: 0, dnssecOk: false } }
  return writeMessage({ ...queryMessage(7, { name, type, class: CLASS_IN }), ...edns })
}

/** Nobody upstream answers. */
function reply(zone: Zone, bytes: Uint8Array): Uint8Array {
  let reaction: Reaction = respond(zone, bytes, { overTcp: false })
  while (reaction.kind === 'ask') reaction = reaction.resume(undefined)
  return reaction.kind === 'reply' ? reaction.bytes : new Uint8Array(0)
}

/** The option at the end of a message, as RFC 8914 lays it out; undefined where the OPT record is empty. */
function errorOf(bytes: Uint8Array): string | undefined {
  for (let at = bytes.length - 6; at > 12; at--) {
    const [high = 0, low = 0, sizeHigh = 0, size = 0, codeHigh = 0, code = 0] = bytes.subarray(at)
    const whole = at + 4 + 256 * sizeHigh + size === bytes.length
    if (high === 0 && low === 15 && whole) {
      return `${256 * codeHigh + code} ${Buffer.from(bytes.subarray(at + 6)).toString('latin1')}`
    }
  }
  return undefined
}

const SHOP = 'shop.svc.cluster.local.'

describe('the reason beside an answer that says nothing', () => {
  test.each<readonly [string, number, string | undefined]>([
    [`nope.${SHOP}`, TYPE.A, '0 no Service shop/nope'],
    [`NoPe.${SHOP}`, TYPE.A, '0 no Service shop/nope'],
    ['web.ghost.svc.cluster.local.', TYPE.A, '0 no namespace ghost'],
    ['10-1-2-3.shop.pod.cluster.local.', TYPE.A, '0 no Pod of this address in namespace shop'],
    [`cold.${SHOP}`, TYPE.A, '0 Service shop/cold has no ready endpoint'],
    [`x.web.${SHOP}`, TYPE.A, '0 Service shop/web has no such endpoint'],
    [`_dns._tcp.web.${SHOP}`, TYPE.SRV, '0 Service shop/web has no such port'],
    [`web.${SHOP}`, TYPE.AAAA, '0 Service shop/web has IPv4 addresses only'],
    [`six.${SHOP}`, TYPE.A, '0 Service shop/six has IPv6 addresses only'],
    [`extip.${SHOP}`, TYPE.A, '0 ExternalName shop/extip leads to an address'],
    [`x.ext.${SHOP}`, TYPE.A, '0 ExternalName shop/ext has no names below it'],
    [`out.${SHOP}`, TYPE.A, '22 upstream failed at the name that ExternalName shop/out leads to'],
    [`self.${SHOP}`, TYPE.A, '0 ExternalName shop/self leads back to itself'],
    ['example.test.', TYPE.A, '22 no server upstream answered'],
    [`_tcp.web.${SHOP}`, TYPE.A, undefined],
    [`web.${SHOP}`, TYPE.A, undefined],
    [`ext.${SHOP}`, TYPE.A, undefined],
    ['cluster.local.', TYPE.A, undefined],
  ])('%s %d: %s', (name, type, wanted) => {
    expect(errorOf(reply(ZONE, query(name, type, 1232)))).toBe(wanted)
    expect(errorOf(reply(ZONE, query(name, type, undefined)))).toBeUndefined()
  })

  test('while objects are missing it is not ready, and upstream is still upstream', () => {
    const asked = (name: string): string | undefined => errorOf(reply(UNSYNCED, query(name, TYPE.A, 1232)))
    expect(asked(`nope.${SHOP}`)).toBe('14 not all objects of the cluster are known yet')
    expect(asked('example.test.')).toBe('22 no server upstream answered')
  })

  test('the longest of names leaves room for the SOA in 512 bytes', () => {
    const label = 'l'.repeat(63)
    const bytes = reply(ZONE, query(`${label}.${'m'.repeat(60)}.${label}.shop.svc.cluster.local.`, TYPE.A, 512))
    expect(readMessage(bytes)).toMatchObject({ truncated: false, authority: [{ name: 'cluster.local.' }] })
    const wild = `${'w'.repeat(60)}.${'\\001'.repeat(63)}.${'\\002'.repeat(63)}.svc.cluster.local.`
    expect(readMessage(reply(ZONE, query(wild, TYPE.A, 512)))).toMatchObject({ truncated: false, rcode: 3 })
  })
})

test('records make room for the reason', () => {
  const [record] = readMessage(reply(ZONE, query(`nope.${SHOP}`, TYPE.A, 1232)))?.authority ?? []
  const message = { ...queryMessage(1, { name: SHOP, type: TYPE.A, class: CLASS_IN }), response: true }
  const authority = record === undefined ? [] : [record]
  const edns = { size: 512, version: 0, dnssecOk: false, error: { code: 0, text: 'x'.repeat(50) } }
  const whole = writeMessage({ ...message, authority, edns })
  const cut = writeMessage({ ...message, authority, edns }, whole.length - 1)
  expect(readMessage(whole)).toMatchObject({ truncated: false, authority })
  expect(readMessage(cut)).toMatchObject({ truncated: true, authority: [] })
})

test('a remembered denial goes with its reason: the namespace is there now, the Service is not', () => {
  const answers = createZoneAnswers(ZONE)
  const question = createPacketQuestion()
  const packet = new Uint8Array(2048)
  const bytes = query('web.ghost.svc.cluster.local.', TYPE.A, 1232)
  const ask = (): number => {
    packet.set(bytes)
    readQuestion(question, packet, bytes.length)
    return answers.answer(question, packet, { now: 0, turn: 0, serial: 0 })
  }
  packet.set(bytes)
  readQuestion(question, packet, bytes.length)
  // It is remembered when it is asked for again.
  for (let times = 0; times < 2; times++) answers.react(question, packet, bytes.length, { overTcp: false })
  expect(errorOf(packet.subarray(0, ask()))).toBe('0 no namespace ghost')
  const ghost: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ghost' } }
  answers.follow(compileZone(snapshotOf([...OBJECTS, ghost]), CONFIG, ZONE))
  expect(ask()).toBe(0)
})
