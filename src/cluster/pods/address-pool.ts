import { cidrAddress, cidrSize, formatIP, parseIP, type CIDR } from '../../lib/ip.ts'

/** The Pod addresses of one node. An address that was given back is the last to be used again. */
export interface AddressPool {
  /** Undefined where all are taken. */
  take(): string | undefined
  /** This one, if it is free: whether it was. */
  reserve(address: string): boolean
  give(address: string): void
}

/** The base, the gateway above it and the highest address stay free. */
export function createAddressPool(cidr: CIDR): AddressPool {
  const taken = new Set<string>()
  const size = Number(cidrSize(cidr))
  let next = 2
  return {
    take() {
      for (let tries = 0; tries < size - 3; tries++) {
        const address = formatIP(cidrAddress(cidr, next))
        next = next + 1 < size - 1 ? next + 1 : 2
        if (taken.has(address)) continue
        taken.add(address)
        return address
      }
      return undefined
    },
    reserve(address) {
      const ip = parseIP(address)
      if (ip === undefined || taken.has(address)) return false
      const index = ip.value - cidr.base
      if (ip.family !== cidr.family || index < 2n || index >= BigInt(size - 1)) return false
      taken.add(address)
      return true
    },
    give: (address) => void taken.delete(address),
  }
}
