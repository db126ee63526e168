import { cidrAddress, cidrSize, formatIP, type CIDR } from '../lib/ip.ts'

/** The Pod addresses of one node. An address that was given back is the last to be used again. */
export interface AddressPool {
  /** Undefined where all are taken. */
  take(): string | undefined
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
    give: (address) => void taken.delete(address),
  }
}
