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

/** A type of a set's key or data. `integer` is what numgen and jhash give: 32 bits in host order. */
export type DataType = 'ipv4_addr' | 'ipv6_addr' | 'inet_proto' | 'inet_service' | 'mark' | 'integer' | 'ifname'

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
  /** Most elements; generous, or the kernel rehashes while the set grows. */
  readonly size?: number
  /** Elements count packets and bytes. */
  readonly counter?: boolean
  /** By `elementKey(element)`. */
  readonly elements: OrderedMap<Element>
}

/** Fields as nft writes them: `['10.96.0.1', 'tcp', '80']`. A prefix (`10.0.0.0/8`) only in an interval set. */
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
  readonly statements: readonly Statement[]
  readonly comment?: string
}

/** What can be loaded from a packet. */
export type Expression =
  | {
      readonly kind: 'payload'
      readonly field: 'ip saddr' | 'ip daddr' | 'ip6 saddr' | 'ip6 daddr' | 'th sport' | 'th dport'
    }
  | { readonly kind: 'meta'; readonly key: 'l4proto' | 'iifname' | 'oifname' | 'mark' }
  | {
      readonly kind: 'ct'
      readonly key: 'state' | 'status' | 'original ip saddr' | 'original ip daddr' | 'original proto-dst'
    }
  | { readonly kind: 'fib'; readonly address: 'saddr' | 'daddr' }
  | { readonly kind: 'numgen'; readonly mode: 'inc' | 'random'; readonly modulus: number; readonly offset: number }
  | {
      readonly kind: 'jhash'
      readonly of: readonly Expression[]
      readonly modulus: number
      readonly offset: number
      readonly seed: number
    }
  | { readonly kind: 'map'; readonly key: readonly Expression[]; readonly map: string }
  | { readonly kind: 'constant'; readonly value: number }

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }

export type Statement =
  /** `left op right`; right is one value as nft writes it, or a prefix. `ct state`, `ct status` test bits, `fib` an address type (`local`). */
  | { readonly kind: 'match'; readonly left: Expression; readonly op: '==' | '!='; readonly right: string }
  | { readonly kind: 'lookup'; readonly key: readonly Expression[]; readonly set: string; readonly not?: boolean }
  | { readonly kind: 'vmap'; readonly key: readonly Expression[]; readonly map: string }
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'counter' }
  /** `to` gives an address and a port: two fields, or a map whose data is `addr . inet_service`. */
  | { readonly kind: 'dnat'; readonly to: readonly [string, string] | (Expression & { readonly kind: 'map' }) }
  | { readonly kind: 'masquerade'; readonly fullyRandom?: boolean }
  | { readonly kind: 'snat'; readonly to: string }
  | { readonly kind: 'reject'; readonly with: 'port-unreachable' | 'tcp reset' }
  | { readonly kind: 'mark'; readonly value: Expression }
  /** Adds or refreshes an element of a dynamic set or map. `timeout` in seconds. */
  | {
      readonly kind: 'update'
      readonly set: string
      readonly key: readonly Expression[]
      readonly data?: Expression
      readonly timeout?: number
    }
