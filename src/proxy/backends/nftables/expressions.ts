/** The words from which the rules of all chains are put together. */
import type { LocalPods } from '../../node-context.ts'
import type { Rule, Selector, Statement, Verdict } from '../../../nft/ruleset.ts'

export const PROTO: Selector = { kind: 'meta', key: 'l4proto' }
export const DESTINATION_PORT: Selector = { kind: 'payload', field: 'th dport' }
export const NODE_PORT_KEY: readonly Selector[] = [PROTO, DESTINATION_PORT]

export const goto = (chain: string): Verdict => ({ kind: 'goto', chain })
export const verdict = (value: Verdict): Statement => ({ kind: 'verdict', verdict: value })
export const rule = (...statements: readonly Statement[]): Rule => ({ statements })
export const match = (left: Selector, op: '==' | '!=', right: string): Statement => ({
  kind: 'match',
  left,
  op,
  right,
})

export const NEW: Statement = match({ kind: 'ct', key: 'state' }, '==', 'new')
export const TRANSLATED: Statement = match({ kind: 'ct', key: 'status' }, '==', 'dnat')
export const FROM_THIS_NODE: Statement = match({ kind: 'fib', address: 'saddr' }, '==', 'local')

/** Whether a packet comes from a Pod of this node. Interfaces of origin are known in postrouting since kernel 5.7. */
export function isLocalPod(op: '==' | '!=', localPods: LocalPods, source: Selector): Statement {
  return localPods.kind === 'range'
    ? match(source, op, localPods.range)
    : match({ kind: 'meta', key: 'iifname' }, op, localPods.name)
}

export const DROP: Statement = verdict({ kind: 'drop' })
export const MASQUERADE: Statement = { kind: 'masquerade', fullyRandom: true }

/** Others rely on these numbers: destinations change at -100, sources at 100, what is refused is refused at 0. */
export const PRIORITY = { firewall: -110, dnat: -100, filter: 0, snat: 100 } as const

/**
 * Refuses what meets the conditions: TCP by a reset, the rest by ICMP. An ICMP message that comes while the client is
 * still inside connect() counts as passing trouble, and a blocking client would only learn of it after a second.
 */
export function refuse(...conditions: readonly Statement[]): readonly Rule[] {
  return [
    rule(...conditions, { kind: 'reject', with: 'tcp reset' }),
    rule(...conditions, { kind: 'reject', with: 'port-unreachable' }),
  ]
}
