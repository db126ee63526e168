import { cidrSize, formatIP, parseCIDR } from '../lib/ip.ts'
import { dataTypes } from './data-type.ts'
import type { DataType } from './ruleset.ts'
import { protocolNumber } from './value.ts'

/** The lowest value of a field: of `10.0.0.0/8` that is `10.0.0.0`. */
export function firstOf(field: string): string {
  const cidr = isPrefix(field) ? parseCIDR(field) : undefined
  return cidr === undefined ? field : formatIP({ family: cidr.family, value: cidr.base })
}

/** The highest value of a field. */
export function lastOf(field: string): string {
  const cidr = isPrefix(field) ? parseCIDR(field) : undefined
  return cidr === undefined ? field : formatIP({ family: cidr.family, value: cidr.base + cidrSize(cidr) - 1n })
}

/** The value that follows a field's highest one; undefined where its type has no higher one. */
export function nextAfter(type: DataType, field: string): string | undefined {
  if (type === 'ipv4_addr' || type === 'ipv6_addr') {
    const cidr = parseCIDR(isPrefix(field) ? field : `${field}/${type === 'ipv4_addr' ? 32 : 128}`)
    if (cidr === undefined) throw new RangeError(`${JSON.stringify(field)} is not of type ${type}`)
    const next = cidr.base + cidrSize(cidr)
    return next >> BigInt(dataTypes[type].bytes * 8) === 0n ? formatIP({ family: cidr.family, value: next }) : undefined
  }
  const next = (type === 'inet_proto' ? protocolNumber(field) : Number(field)) + 1
  return next < 2 ** (dataTypes[type].bytes * 8) ? `${next}` : undefined
}

export function isPrefix(field: string): boolean {
  return field.includes('/')
}
