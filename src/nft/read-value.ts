/** Bytes that nf_tables compares, back to the text of a field. */
import { formatIP } from '../lib/ip.ts'
import { dataTypes, paddedBytes } from './data-type.ts'
import type { DataType } from './ruleset.ts'
import { protocolName } from './value.ts'

/** What `writeFields` wrote. */
export function readFields(types: readonly DataType[], view: DataView): readonly string[] {
  let at = 0
  return types.map((type) => {
    const text = readValue(type, view, at)
    at += paddedBytes(dataTypes[type].bytes)
    return text
  })
}

function readValue(type: DataType, view: DataView, at: number): string {
  switch (type) {
    case 'ipv4_addr':
      return formatIP({ family: 4, value: BigInt(view.getUint32(at)) })
    case 'ipv6_addr':
      return formatIP({ family: 6, value: (view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8) })
    case 'inet_proto':
      return protocolName(view.getUint8(at))
    case 'inet_service':
      return String(view.getUint16(at))
    case 'ifname':
      return readInterfaceName(view, at)
    default:
      return String(view.getUint32(at, true))
  }
}

function readInterfaceName(view: DataView, at: number): string {
  let bytes = 0
  while (bytes < 16 && view.getUint8(at + bytes) !== 0) bytes++
  return String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, bytes))
}
