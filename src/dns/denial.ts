import { FLAG, HEADER_SIZE } from './message.ts'
import { LOWER, type PacketQuestion } from './packet-question.ts'
import { CLASS_IN, QTYPE, RCODE, TYPE } from './records.ts'
import { SOA_TIMES, soaTTL } from './soa.ts'
import type { Zone } from './zone.ts'

/** In a name before the zone: the least that the name of a Service has. */
const SERVICE_LABELS = 3
const SVC = [3, 0x73, 0x76, 0x63]
/** `ns.dns` and `hostmaster`, to be followed by a pointer to the zone. */
const MNAME = [2, ...codes('ns'), 3, ...codes('dns')]
const RNAME = [10, ...codes('hostmaster')]
const DATA_SIZE = MNAME.length + 2 + RNAME.length + 2 + 20

/**
 * Denies names of Services that do not exist, as `respond` does for who sent no EDNS, without a message in between: what is
 * asked at random, in a flood, leaves no garbage behind.
 */
export interface Denials {
  /** Whether the question is for a Service that is not there. The zone must be the one of `write`. */
  isMissing(zone: Zone, question: PacketQuestion, packet: Uint8Array): boolean
  /** Makes the reply out of the query in `packet`: its length. */
  write(zone: Zone, question: PacketQuestion, packet: Uint8Array): number
}

export function createDenials(): Denials {
  let origin = ''
  let wire: readonly number[] = []
  const wireOf = (zone: Zone): readonly number[] => {
    if (zone.origin !== origin) {
      origin = zone.origin
      wire = wireName(origin)
    }
    return wire
  }
  return {
    isMissing(zone, question, packet) {
      const { config } = zone
      // With a search path it is not the last word; who sent EDNS is told why; transfers are refused.
      if (config.autopath !== undefined || !config.synced || packet[11] !== 0) return false
      if (question.type === QTYPE.AXFR || question.type === QTYPE.IXFR) return false
      const key = serviceKey(question, packet, wireOf(zone))
      return key !== undefined && !zone.services.has(key)
    },
    write(zone, { end }, packet) {
      const pointer = 0xc000 | (end - 4 - wireOf(zone).length)
      packet[2] = 0x80 | (FLAG.AA >>> 8) | ((packet[2] ?? 0) & 1)
      packet[3] = ((packet[3] ?? 0) & FLAG.CD) | RCODE.NXDOMAIN
      packet[9] = 1
      let at = writeU16(packet, end, pointer)
      at = writeU16(packet, writeU16(packet, at, TYPE.SOA), CLASS_IN)
      at = writeU16(packet, writeU32(packet, at, soaTTL(zone)), DATA_SIZE)
      at = writeU16(packet, writeBytes(packet, at, MNAME), pointer)
      at = writeU16(packet, writeBytes(packet, at, RNAME), pointer)
      at = writeU32(packet, at, zone.serial)
      for (const time of SOA_TIMES) at = writeU32(packet, at, time)
      return writeU32(packet, at, zone.config.ttl)
    },
  }
}

function codes(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
}

function wireName(name: string): readonly number[] {
  return name.split('.').flatMap((label) => [label.length, ...codes(label)])
}

/** `namespace/service` of a name below `svc` of the zone, in small letters; undefined for all others. */
function serviceKey({ end }: PacketQuestion, packet: Uint8Array, zone: readonly number[]): string | undefined {
  const zoneAt = end - 4 - zone.length
  let [service, namespace, last, count] = [0, 0, 0, 0]
  let at = HEADER_SIZE
  for (; at < zoneAt; at += 1 + (packet[at] ?? 0)) {
    service = namespace
    namespace = last
    last = at
    count++
  }
  if (at !== zoneAt || count < SERVICE_LABELS) return undefined
  if (!isAt(packet, zoneAt, zone) || !isAt(packet, last, SVC)) return undefined
  return `${labelAt(packet, namespace)}/${labelAt(packet, service)}`
}

/** Lengths of labels are no capital letters. */
function isAt(packet: Uint8Array, at: number, bytes: readonly number[]): boolean {
  for (let i = 0; i < bytes.length; i++) if (LOWER[packet[at + i] ?? 0] !== bytes[i]) return false
  return true
}

function labelAt(packet: Uint8Array, at: number): string {
  let text = ''
  const end = at + 1 + (packet[at] ?? 0)
  for (let i = at + 1; i < end; i++) text += String.fromCharCode(LOWER[packet[i] ?? 0] ?? 0)
  return text
}

function writeBytes(packet: Uint8Array, at: number, bytes: readonly number[]): number {
  for (let i = 0; i < bytes.length; i++) packet[at + i] = bytes[i] ?? 0
  return at + bytes.length
}

function writeU16(packet: Uint8Array, at: number, value: number): number {
  packet[at] = value >>> 8
  packet[at + 1] = value
  return at + 2
}

function writeU32(packet: Uint8Array, at: number, value: number): number {
  return writeU16(packet, writeU16(packet, at, value >>> 16), value & 0xffff)
}
