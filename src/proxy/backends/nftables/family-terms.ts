import type { IPFamily } from '../../../api/core.ts'
import type { Selector, Statement } from '../../../nft/ruleset.ts'
import { DESTINATION_PORT, PROTO } from './expressions.ts'

/** What differs between the table of one IP family and that of the other. */
export interface FamilyTerms {
  readonly family: IPFamily
  /** The table's family, as nft calls it. */
  readonly table: 'ip' | 'ip6'
  readonly addressType: 'ipv4_addr' | 'ipv6_addr'
  readonly source: Selector
  readonly destination: Selector
  /** What the connection was first sent to. */
  readonly originalDestination: Selector
  /** Address, protocol and port: the key of the sets of frontends. */
  readonly frontendKey: readonly Selector[]
  readonly toNode: Statement
}

/**
 * A table for each family, as kube-proxy has it: in one of family inet the keys of both would still need sets of their
 * own. Neighbour discovery is not tracked (`ct state untracked`), so that no rule for new connections meets it.
 */
export const FAMILY_TERMS: Readonly<Record<IPFamily, FamilyTerms>> = { IPv4: termsOf('IPv4'), IPv6: termsOf('IPv6') }

function termsOf(family: IPFamily): FamilyTerms {
  const table = family === 'IPv4' ? 'ip' : 'ip6'
  const destination: Selector = { kind: 'payload', field: `${table} daddr` }
  return {
    family,
    table,
    addressType: family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr',
    source: { kind: 'payload', field: `${table} saddr` },
    destination,
    originalDestination: { kind: 'ct', key: `original ${table} daddr` },
    frontendKey: [destination, PROTO, DESTINATION_PORT],
    toNode: { kind: 'lookup', key: [destination], set: 'nodeport-ips' },
  }
}
