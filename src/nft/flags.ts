/** Names of connection tracking's bits and of address types. Numbers: linux/netfilter/nf_conntrack_common.h, linux/rtnetlink.h. */
import type { Selector } from './ruleset.ts'

const stateBits: Readonly<Record<string, number>> = { invalid: 1, established: 2, related: 4, new: 8, untracked: 64 }

const statusBits: Readonly<Record<string, number>> = {
  expected: 1,
  'seen-reply': 2,
  assured: 4,
  confirmed: 8,
  snat: 16,
  dnat: 32,
  dying: 512,
}

export const addressTypes: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
}

/** The bits of `new` or `established,related` of a `ct state` or `ct status`. */
export function bitsOf(selector: Selector, names: string): number {
  const bits = selector.kind === 'ct' && selector.key === 'state' ? stateBits : statusBits
  return names.split(',').reduce((sum, name) => {
    const bit = bits[name.trim()]
    if (bit === undefined) throw new RangeError(`${JSON.stringify(name)} is not one of ${Object.keys(bits).join(', ')}`)
    return sum | bit
  }, 0)
}
