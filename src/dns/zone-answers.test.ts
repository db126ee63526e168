import { expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { queryMessage } from './message.ts'
import { createPacketQuestion, readQuestion } from './packet-question.ts'
import { CLASS_IN, TYPE } from './records.ts'
import { writeMessage } from './write-message.ts'
import { createZoneAnswers } from './zone-answers.ts'
import { zoneConfig } from './zone-config.ts'
import { compileZone } from './zone.ts'

const RANGES = { nodeCIDRs: [], podCIDRs: [], serviceCIDRs: [], loadBalancerCIDRs: [], outsideCIDRs: [] }
const web: AnyObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }] },
}
const shop: AnyObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
const zone = compileZone(snapshotOf([shop, web]), zoneConfig({ clusterDomain: 'cluster.local', ...RANGES }))

/** Asks for names; each time, whether the answer was there without being made. */
function client(): (name: string) => boolean {
  const answers = createZoneAnswers(zone)
  const question = createPacketQuestion()
  return (name) => {
    const query = writeMessage(
      queryMessage(1, { name: `${name}.shop.svc.cluster.local.`, type: TYPE.A, class: CLASS_IN }),
    )
    const packet = new Uint8Array(2048)
    packet.set(query)
    expect(readQuestion(question, packet, query.length)).toBe(true)
    if (answers.answer(question, packet, { now: 0, turn: 0, serial: 0 }) > 0) return true
    answers.react(question, packet, query.length, { overTcp: false })
    return false
  }
}

test('an answer is remembered at once, a denial when it is asked for again', () => {
  const ask = client()
  expect(['web', 'web', 'web'].map(ask)).toEqual([false, true, true])
  // The first is made where it stands.
  expect(['nope', 'nope', 'nope'].map(ask)).toEqual([true, false, true])
})

test('names that are asked for again and again are remembered beside any number of others', () => {
  const ask = client()
  for (let i = 0; i < 40_000; i++) ask(`random-${i}`)
  const names = Array.from({ length: 500 }, (_, i) => `known-${i}`)
  for (let round = 0; round < 2; round++) names.forEach(ask)
  expect(names.map(ask).filter((remembered) => !remembered)).toEqual([])
})
