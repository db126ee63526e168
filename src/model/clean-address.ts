/** Addresses in objects as older API servers accepted them, in the one form that the kernel is told. */
import type { IPFamily } from '../api/core.ts'
import { formatCIDR, formatIP, parseCIDR, parseIP, parseIPv4 } from '../lib/ip.ts'

export interface CleanAddress {
  readonly family: IPFamily
  readonly text: string
}

/** Leading zeros and blanks dropped (`172.30.0.041` is 172.30.0.41); undefined where it is no address. */
export function cleanIP(text: string): CleanAddress | undefined {
  if (parseIPv4(text) !== undefined) return { family: 'IPv4', text }
  const ip = parseIP(withoutLeadingZeros(text.trim()))
  return ip === undefined ? undefined : { family: familyOf(ip.family), text: formatIP(ip) }
}

/** As `cleanIP`, for ranges; host bits are dropped. */
export function cleanCIDR(text: string): (CleanAddress & { readonly prefixLength: number }) | undefined {
  const [address = '', length = ''] = text.trim().split('/')
  const cidr = parseCIDR(`${withoutLeadingZeros(address)}/${length.replace(/^0+(?=\d)/, '')}`)
  if (cidr === undefined) return undefined
  return { family: familyOf(cidr.family), text: formatCIDR(cidr), prefixLength: cidr.prefixLength }
}

function withoutLeadingZeros(address: string): string {
  return address.includes(':') ? address : address.replace(/(^|\.)0+(?=\d)/g, '$1')
}

function familyOf(family: 4 | 6): IPFamily {
  return family === 4 ? 'IPv4' : 'IPv6'
}
