/** What became of a real packet: the rules that it met in each namespace, and its end. */
import type { RuleStep } from './rule-steps.ts'

/** A rule that a real packet met, or the policy that ended it. */
export interface PacketStep extends RuleStep {
  /** The kernel's number of the rule; null for a policy. */
  readonly handle: number | null
  /** The rule's comment. */
  readonly comment: string | null
  /** `accept`, `drop`, `continue`, `jump CHAIN` and so on. */
  readonly verdict: string
}

/** A packet in one namespace. */
export interface PacketCrossing {
  /** A node, `balancer`, `outside` or `pod/NAMESPACE/NAME`. */
  readonly place: string
  /** `address:port -> address:port` as it came. */
  readonly packet: string
  /** The same as it was seen last here: after translation. */
  readonly leaves: string
  readonly steps: readonly PacketStep[]
  /** `lost`: nothing was seen of its end. */
  readonly end: 'delivered' | 'passed on' | 'dropped' | 'refused' | 'lost'
}

/** One packet from where it was sent to where it ended. */
export interface PacketJourney {
  readonly kind: 'request' | 'reply'
  readonly protocol: string
  /** Of TCP: `SYN`, `SYN+ACK`. */
  readonly flags: string
  readonly crossings: readonly PacketCrossing[]
  readonly end: 'delivered' | 'dropped' | 'refused' | 'lost'
  /** The rule that ended it. */
  readonly by: (PacketStep & { readonly place: string }) | null
  readonly text: string
}

/** `inet filter, chain input, handle 4: tcp dport 80 drop comment "no"`. */
export function stepName({ table, chain, handle, text, comment, elements }: PacketStep): string {
  const found = elements.length === 0 ? '' : ` (${elements.join(', ')})`
  const shown = comment === null || text.includes(comment) ? text : `${text} comment "${comment}"`.trim()
  return `${table}, chain ${chain}${handle === null ? '' : `, handle ${handle}`}${shown === '' ? '' : `: ${shown}`}${found}`
}
