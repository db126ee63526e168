/**
 * nftables as data: what a ruleset is, in nft's own words. Values are plain and immutable; `diff` compares them, `render`
 * writes them as nft text, `encode` as netlink messages, `evaluate` walks a packet through them.
 */
import type { OrderedMap } from '../lib/ordered-map.ts'

export type Family = 'ip' | 'ip6' | 'inet'

export interface Table {
  readonly family: Family
  readonly name: string
  readonly sets: OrderedMap<NftSet>
  readonly chains: OrderedMap<Chain>
}

/**
 * A type of a set's key or data. `integer` is what numgen and jhash give: 32 bits in host order. `classid` is that of
 * `meta priority`.
 */
export type DataType =
  | 'ipv4_addr'
  | 'ipv6_addr'
  | 'inet_proto'
  | 'inet_service'
  | 'mark'
  | 'classid'
  | 'integer'
  | 'ifname'

/** A named set or, where `data` is given, a named map. More than one type in a key or data is a concatenation. */
export interface NftSet {
  readonly name: string
  readonly key: readonly DataType[]
  readonly data?: readonly DataType[] | 'verdict'
  readonly interval?: boolean
  /** Elements are added by rules (`update @set`): never part of a diff. */
  readonly dynamic?: boolean
  /** Default life of an element in seconds. */
  readonly timeout?: number
  /** Most elements. Buckets for as many are made with the set; without one the table grows with it: see room.ts. */
  readonly size?: number
  /** Elements count packets and bytes. */
  readonly counter?: boolean
  /**
   * When elements that go do so: with what else changes, or in the transaction `after` it, or `later`, for those that
   * nothing leads to any more. A packet keeps the rules that it came to, but finds in each set what is there at that
   * moment: it may still look for them.
   */
  readonly removal?: 'after' | 'later'
  /**
   * Each of `elements` stands for so many: they have its key and, after that, a number from 0 up of type integer; its data
   * is theirs, one after the other. Known here only: nf_tables has each for itself.
   */
  readonly block?: number
  /** By `elementKey(element)`. */
  readonly elements: OrderedMap<Element>
}

/**
 * Fields as nft writes them: `['10.96.0.1', 'tcp', '80']`; addresses in canonical form, numbers (also marks and classids) decimal. A prefix
 * (`10.0.0.0/8`) only in an interval set, whose fields are addresses, protocols and ports. An element that lies wholly
 * within another one of its interval set has no effect.
 */
export interface Element {
  readonly key: readonly string[]
  readonly data?: readonly string[] | Verdict
  readonly comment?: string
}

/** An element's name inside its set, as nft prints its key: `10.96.0.1 . tcp . 80`. */
export function elementKey(element: Element): string {
  return element.key.join(' . ')
}

export interface Chain {
  readonly name: string
  /** Present on base chains. */
  readonly hook?: Hook
  readonly rules: readonly Rule[]
}

export interface Hook {
  readonly type: 'filter' | 'nat' | 'route'
  readonly hook: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
  /** Always the number: nft 1.0.6 refuses the name `dstnat` on an output hook. */
  readonly priority: number
  readonly policy?: 'accept' | 'drop'
}

export interface Rule {
  /** At least one: nft's text has no empty rule. */
  readonly statements: readonly Statement[]
  /** At most 127 bytes of UTF-8 are kept; `"` and control characters are replaced. Of an element likewise. */
  readonly comment?: string
}

type ConntrackKey =
  | 'state'
  | 'status'
  | 'original ip saddr'
  | 'original ip daddr'
  | 'original ip6 saddr'
  | 'original ip6 daddr'
  | 'original proto-dst'
  | 'reply ip saddr'
  | 'reply ip6 saddr'
  | 'reply proto-src'
  | 'direction'

/** What can be loaded from a packet. */
export type Expression =
  | {
      readonly kind: 'payload'
      readonly field: 'ip saddr' | 'ip daddr' | 'ip6 saddr' | 'ip6 daddr' | 'th sport' | 'th dport'
    }
  | { readonly kind: 'meta'; readonly key: 'l4proto' | 'iifname' | 'oifname' | 'mark' | 'priority' }
  | {
      readonly kind: 'ct'
      readonly key: ConntrackKey
    }
  | { readonly kind: 'fib'; readonly address: 'saddr' | 'daddr' }
  | { readonly kind: 'numgen'; readonly mode: 'inc' | 'random'; readonly modulus: number; readonly offset: number }
  | {
      readonly kind: 'jhash'
      readonly of: readonly Selector[]
      readonly modulus: number
      readonly offset: number
      readonly seed: number
    }
  | { readonly kind: 'map'; readonly key: readonly Selector[]; readonly map: string }
  | { readonly kind: 'constant'; readonly value: number }

/** What may be compared, or stand in the key of a set: nft 1.0.6 aborts on printing a key that holds a map lookup. */
export type Selector = Exclude<Expression, { readonly kind: 'map' | 'constant' }>

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export type Statement =
  /**
   * `left op right`; right is one value as nft writes it, or a prefix of an address or of an interface name (`veth*`).
   * `ct state` and `ct status` test bits: any (`==`) or none (`!=`) of the names in `right`, which commas separate. `fib` is
   * compared with an address type (`local`), `ct direction` with `original` or `reply`. `ct original proto-dst` and `ct
   * reply proto-src` need an earlier match of `meta l4proto` in their rule: else nft 1.0.6 can neither read nor print them.
   * So do they in the key of a lookup.
   */
  | { readonly kind: 'match'; readonly left: Selector; readonly op: '==' | '!='; readonly right: string }
  | { readonly kind: 'lookup'; readonly key: readonly Selector[]; readonly set: string; readonly not?: boolean }
  | { readonly kind: 'vmap'; readonly key: readonly Selector[]; readonly map: string }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'counter' }
  /**
   * `to` gives an address and a port: two fields, or a map whose data is `addr . inet_service`. Its rule needs an earlier
   * match, or a key, that holds `meta l4proto`. `family`: that of the map's addresses, needed in an inet table only.
   */
  | {
      readonly kind: 'dnat'
      readonly to: readonly [string, string] | (Expression & { readonly kind: 'map' })
      readonly family?: 'ip' | 'ip6'
    }
  | { readonly kind: 'masquerade'; readonly fullyRandom?: boolean }
  | { readonly kind: 'snat'; readonly to: string }
  /** `tcp reset` matches TCP only. */
  | { readonly kind: 'reject'; readonly with: 'port-unreachable' | 'tcp reset' }
  | { readonly kind: 'mark' | 'priority'; readonly value: Expression }
  /** `meta nftrace set 1`: from here on the kernel tells of every rule that the packet meets in this namespace. */
  | { readonly kind: 'nftrace' }
  /**
   * Adds an element to a dynamic set or map, or restarts the timeout of one that is there: its data then stays as it was.
   * `timeout` in seconds. `counter`: each element counts the packets and bytes that found it.
   */
  | {
      readonly kind: 'update'
      readonly set: string
      readonly key: readonly Selector[]
      readonly data?: Exclude<Expression, { readonly kind: 'map' }>
      readonly timeout?: number
      readonly counter?: boolean
    }
  /** Removes an element of a dynamic set or map, if it is there. Of a map `data` must be given too, though it is not read. */
  | {
      readonly kind: 'delete'
      readonly set: string
      readonly key: readonly Selector[]
      readonly data?: Exclude<Expression, { readonly kind: 'map' }>
    }
