/** Text of a field to the bytes that nf_tables compares. */
import { parseIP } from '../lib/ip.ts'
import { dataTypes, paddedBytes } from './data-type.ts'
import type { MessageWriter } from './message-writer.ts'
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
  switch (type) {
    case 'ipv4_addr':
      return writer.u32(ipv4(text))
    case 'ipv6_addr':
      return writeIPv6(writer, text)
    case 'inet_proto':
      return writer.u8(protocolNumber(text))
    case 'inet_service':
      return writer.u16(numberBelow(text, 0x10000, type))
    case 'mark':
    case 'integer':
      return writer.hostU32(numberBelow(text, 0x1_0000_0000, type))
    case 'ifname':
      return writeInterfaceName(writer, text)
  }
}

/** Writes a key or data: fields of a concatenation are padded to whole registers. */
export function writeFields(writer: MessageWriter, types: readonly DataType[], fields: readonly string[]): void {
  if (types.length !== fields.length) throw new RangeError(`${fields.join(' . ')} is not ${types.join(' . ')}`)
  for (let i = 0; i < types.length; i++) {
    const type = types[i]
    if (type === undefined) continue
    writeValue(writer, type, fields[i] ?? '')
    if (types.length > 1) writer.zeros(paddedBytes(dataTypes[type].bytes) - dataTypes[type].bytes)
  }
}

export function protocolNumber(text: string): number {
  return protocols[text] ?? numberBelow(text, 256, 'inet_proto')
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

function writeIPv6(writer: MessageWriter, text: string): void {
  const ip = parseIP(text)
  if (ip?.family !== 6) throw wrong(text, 'ipv6_addr')
  for (const shift of [96n, 64n, 32n, 0n]) writer.u32(Number((ip.value >> shift) & 0xffff_ffffn))
}

/** 16 bytes with a closing NUL: IFNAMSIZ. */
function writeInterfaceName(writer: MessageWriter, text: string): void {
  if (text.length === 0 || text.length > 15) throw wrong(text, 'ifname')
  const start = writer.length
  writer.text(text)
  writer.zeros(16 - (writer.length - start))
}
