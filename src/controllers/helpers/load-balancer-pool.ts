/** Which load-balancer addresses are taken, during one look at all Services. */
import type { IPFamily } from '../../api/core.ts'
import { cidrAddress, cidrContains, cidrSize, formatCIDR, formatIP, parseIP, type CIDR } from '../../lib/ip.ts'

export interface Claim {
  readonly service: string
  /** As `443/TCP`. */
  readonly ports: readonly string[]
  /** Whether the Service asked for this very address: only then it may be shared. */
  readonly isRequested: boolean
}

export interface AddressPool {
  /** Why the address cannot be had; undefined where it can. */
  problem(ip: string, claim: Claim): string | undefined
  take(ip: string, claim: Claim): void
  lowestFree(family: IPFamily): string | undefined
}

/** The first addresses of a range are left to routers and to people. */
const FIRST_ADDRESS = 10n

export function createAddressPool(ranges: readonly CIDR[]): AddressPool {
  const claims = new Map<string, readonly Claim[]>()
  // Nothing is given back, so that a search goes on where the last one stopped.
  const cursors = ranges.map((range) => ({ range, next: firstIndex(range) }))
  return {
    problem: (ip, claim) => outside(ip, ranges) ?? conflict(ip, claims.get(ip) ?? [], claim),
    take: (ip, claim) => void claims.set(ip, [...(claims.get(ip) ?? []), claim]),
    lowestFree: (family) => {
      for (const cursor of cursors) {
        if ((family === 'IPv4') !== (cursor.range.family === 4)) continue
        for (; cursor.next <= lastIndex(cursor.range); cursor.next++) {
          const ip = formatIP(cidrAddress(cursor.range, cursor.next))
          if (!claims.has(ip)) return ip
        }
      }
      return undefined
    },
  }
}

function outside(text: string, ranges: readonly CIDR[]): string | undefined {
  const ip = parseIP(text)
  if (ip !== undefined && ranges.some((range) => cidrContains(range, ip))) return undefined
  return `${text} is not in the load-balancer range ${ranges.map(formatCIDR).join(', ')}`
}

function conflict(ip: string, holders: readonly Claim[], claim: Claim): string | undefined {
  for (const holder of holders) {
    const shared = holder.ports.find((port) => claim.ports.includes(port))
    if (shared !== undefined) return `${ip} is taken: Service ${holder.service} has its port ${shared}`
    if (!holder.isRequested || !claim.isRequested) return `${ip} is taken by Service ${holder.service}`
  }
  return undefined
}

function firstIndex(range: CIDR): bigint {
  return cidrSize(range) > FIRST_ADDRESS + 1n ? FIRST_ADDRESS : 1n
}

/** The highest IPv4 address of a range is its broadcast address. */
function lastIndex(range: CIDR): bigint {
  const size = cidrSize(range)
  return range.family === 4 && size > 2n ? size - 2n : size - 1n
}
