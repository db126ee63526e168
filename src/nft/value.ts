/** Text of a field to the bytes that nf_tables compares. */
import { parseIP } from '../lib/ip.ts'
import { dataTypes, fieldBytes, paddedBytes } from './data-type.ts'
import { MessageWriter } from './message-writer.ts'
import type { DataType } from './ruleset.ts'

/** IP protocol numbers (IANA) by nft's names. */
const protocols: Readonly<Record<string, number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  dccp: 33,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  sctp: 132,
  udplite: 136,
}

/** Writes one value, without padding. Throws RangeError where `text` is not one of `type`. */
export function writeValue(writer: MessageWriter, type: DataType, text: string): void {
  writeValueAt(writer, writer.zeros(dataTypes[type].bytes), type, text)
}

/** Writes over zeros, or over a value of the same type that is no interface name. */
export function writeValueAt(writer: MessageWriter, at: number, type: DataType, text: string): void {
  switch (type) {
    case 'ipv4_addr':
      return writer.setU32(at, ipv4(text))
    case 'ipv6_addr':
      return writeIPv6(writer, at, text)
    case 'inet_proto':
      return writer.setU8(at, protocolNumber(text))
    case 'inet_service':
      return writer.setU16(at, numberBelow(text, 0x10000, type))
    case 'mark':
    case 'classid':
    case 'integer':
      return writer.setHostU32(at, numberBelow(text, 0x1_0000_0000, type))
    case 'ifname':
      return writeInterfaceName(writer, at, text)
  }
}

/** Writes a key or data: fields of a concatenation are padded to whole registers. */
export function writeFields(writer: MessageWriter, types: readonly DataType[], fields: readonly string[]): void {
  writeFieldsAt(writer, writer.zeros(fieldBytes(types)), types, fields)
}

/** As `writeFields`, over zeros, or over other fields of the same types without interface names: `there`. */
export function writeFieldsAt(
  writer: MessageWriter,
  at: number,
  types: readonly DataType[],
  fields: readonly string[],
  there: readonly string[] = NOTHING,
): void {
  if (types.length !== fields.length) throw new RangeError(`${fields.join(' . ')} is not ${types.join(' . ')}`)
  let place = at
  for (let i = 0; i < types.length; i++) {
    const type = types[i]
    if (type === undefined) continue
    if (fields[i] !== there[i]) writeValueAt(writer, place, type, fields[i] ?? '')
    place += paddedBytes(dataTypes[type].bytes)
  }
}

const NOTHING: readonly string[] = []

export function protocolNumber(text: string): number {
  return protocols[text] ?? numberBelow(text, 256, 'inet_proto')
}

/** nft's name, or the number where it has none. */
export function protocolName(number: number): string {
  return Object.keys(protocols).find((name) => protocols[name] === number) ?? String(number)
}

function wrong(text: string, type: DataType): RangeError {
  return new RangeError(`${JSON.stringify(text)} is not of type ${type}`)
}

function numberBelow(text: string, limit: number, type: DataType): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value >= limit || text === '') throw wrong(text, type)
  return value
}

/** By hand, as a table of 50,000 elements has 100,000 addresses. */
function ipv4(text: string): number {
  let value = 0
  let part = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit >= 0 && digit <= 9) {
      part = part < 0 ? digit : part * 10 + digit
      if (part > 255) throw wrong(text, 'ipv4_addr')
    } else if (digit === -2 && part >= 0) {
      value = value * 256 + part
      part = -1
      dots++
    } else {
      throw wrong(text, 'ipv4_addr')
    }
  }
  if (dots !== 3 || part < 0) throw wrong(text, 'ipv4_addr')
  return value * 256 + part
}

function writeIPv6(writer: MessageWriter, at: number, text: string): void {
  const ip = parseIP(text)
  if (ip?.family !== 6) throw wrong(text, 'ipv6_addr')
  for (const i of [0, 1, 2, 3]) writer.setU32(at + 4 * i, Number((ip.value >> BigInt(96 - 32 * i)) & 0xffff_ffffn))
}

/** 16 bytes with a closing NUL: IFNAMSIZ. */
function writeInterfaceName(writer: MessageWriter, at: number, text: string): void {
  const bytes = new MessageWriter(16)
  bytes.text(text)
  if (text.length === 0 || bytes.length > 15) throw wrong(text, 'ifname')
  for (const [i, byte] of bytes.bytes.entries()) writer.setU8(at + i, byte)
}
