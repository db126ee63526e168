/** What `portolan trace` says, as it stands in its JSON: these names are a promise. */
import type { SourceRange } from '../../manifest/source.ts'
import type { PacketJourney } from '../../nft/packet-journey.ts'
import type { RuleStep } from '../../nft/rule-steps.ts'

export type { PacketCrossing, PacketJourney, PacketStep } from '../../nft/packet-journey.ts'
export type { RuleStep } from '../../nft/rule-steps.ts'

export const HOP_KINDS = [
  'client',
  'egress-policy',
  'name',
  'entry',
  'service',
  'endpoint',
  'ingress-policy',
  'pod',
  'socket',
  'application',
] as const

export type HopKind = (typeof HOP_KINDS)[number]
export type HopStatus = 'ok' | 'fail' | 'warn' | 'unknown' | 'skipped'
export type Verdict = 'DELIVERED' | 'BROKEN' | 'PARTIAL' | 'UNDETERMINED'
/** `static`: from manifests. `network`: on Portolan's own running network. `cluster`: from the API of a real cluster. */
export type TraceMode = 'static' | 'network' | 'cluster'

/** Where something was seen. */
export interface Evidence {
  readonly source: 'manifest' | 'api' | 'socket' | 'packet' | 'probe' | 'inference'
  readonly text: string
  readonly location: SourceRange | null
}

export interface HopAddress {
  /** A name where the address is not known. */
  readonly address: string | null
  readonly port: number | null
  readonly protocol: string
}

export interface HopObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export interface Hop {
  /** 1 to 10. */
  readonly n: number
  readonly kind: HopKind
  readonly status: HopStatus
  readonly text: string
  /** The rule of `portolan check` that the finding belongs to. */
  readonly rule: string | null
  readonly object: HopObject | null
  readonly in: HopAddress | null
  readonly out: HopAddress | null
  readonly evidence: readonly Evidence[]
}

/** One way to one endpoint. Equal ways are one path. */
export interface Path {
  readonly id: string
  readonly verdict: Verdict
  /** The share of connections that go this way, 0 to 1. */
  readonly weight: number
  /** The node whose rules the connection meets; null where it does not matter or is not known. */
  readonly node: string | null
  /** `IPv4` or `IPv6`; null where both go the same way or it is not known. */
  readonly family: string | null
  /** All ten, in order. */
  readonly hops: readonly Hop[]
}

/** What the client sees. */
export interface Symptom {
  readonly errno: string | null
  readonly timing: 'fast' | 'slow' | null
  readonly text: string
}

export interface TraceFix {
  readonly title: string
  readonly location: SourceRange | null
}

/** What the rules of one place do with the client's packets. */
export interface RuleOutcome {
  /** A node, or `balancer`. */
  readonly place: string
  readonly outcome: 'translated' | 'refused' | 'dropped' | 'untouched'
  /** `address:port`: what the client's packet was sent to when it came here. */
  readonly packet: string
  /** The chains whose rules matched, in order. */
  readonly chains: readonly string[]
  /** `address:port` of every endpoint that the rules can choose. */
  readonly choices: readonly string[]
  readonly steps: readonly RuleStep[]
}

export interface Trace {
  readonly schemaVersion: 1
  readonly verdict: Verdict
  readonly from: string
  readonly to: string
  readonly mode: TraceMode
  readonly brokenAt: HopKind | null
  readonly symptom: Symptom | null
  readonly paths: readonly Path[]
  /** Hops that could not be seen, and why. */
  readonly unknowns: readonly { readonly hop: HopKind; readonly text: string }[]
  readonly fixes: readonly TraceFix[]
  /** What the trace itself did, and what else is good to know. */
  readonly notes: readonly string[]
  /** With `--rules`: what nftables does with the packets, place by place. */
  readonly rules?: readonly RuleOutcome[]
  /** With `--packets`: which rules the packets of the connection met, namespace by namespace. */
  readonly packets?: readonly PacketJourney[]
}

/** The exit code of `portolan trace`. */
export const EXIT_CODES: Readonly<Record<Verdict, number>> = { DELIVERED: 0, BROKEN: 1, PARTIAL: 4, UNDETERMINED: 5 }
