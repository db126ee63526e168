/** What cluster DNS answers to a name, what a resolver makes of it, and why there is no answer. */
import type { Pod } from '../../api/core.ts'
import { answer } from '../../dns/answer.ts'
import { CLASS_IN, formatRecord, QTYPE, RCODE, TYPE } from '../../dns/records.ts'
import type { ZoneConfig } from '../../dns/zone-config.ts'
import { compileZone, type Zone } from '../../dns/zone.ts'
import { addressKey } from '../../dns/reverse.ts'
import { parseIP } from '../../lib/ip.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { Observed } from './observed.ts'
import { reasonsFor, type Reason } from './reasons.ts'
import { resolverOf, triedNames } from './resolver.ts'

export interface Try {
  /** Absolute. */
  readonly name: string
  /** `upstream`: the cluster does not know, somebody else is asked. */
  readonly result: 'answer' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'upstream'
  /** As in a zone file. */
  readonly records: readonly string[]
}

export interface WhyReport {
  readonly name: string
  readonly type: string
  /** `namespace/name` of the Pod that asks, or the namespace alone. */
  readonly from: string
  readonly search: readonly string[]
  readonly ndots: number
  /** Up to the first that has an answer, or that somebody else knows. */
  readonly tries: readonly Try[]
  readonly reasons: readonly Reason[]
}

export interface WhyRequest {
  readonly name: string
  /** A name of TYPE. */
  readonly type: string
  readonly namespace: string
  readonly pod?: Pod
  /** Of a running network. */
  readonly observed?: Observed
}

export const QUESTION_TYPES: readonly string[] = [...Object.keys(TYPE), 'ANY']

const TYPE_CODES: ReadonlyMap<string, number> = new Map<string, number>([...Object.entries(TYPE), ['ANY', QTYPE.ANY]])
const RESULTS: ReadonlyMap<number, Try['result']> = new Map([
  [RCODE.NXDOMAIN, 'NXDOMAIN'],
  [RCODE.SERVFAIL, 'SERVFAIL'],
  [RCODE.REFUSED, 'REFUSED'],
])

/** Follows one name through the search list of the Pod. An address is asked for by its reverse name. */
export function explainName(snapshot: Snapshot, config: ZoneConfig, wanted: WhyRequest): WhyReport {
  const zone = compileZone(snapshot, config)
  const reverse = reverseName(wanted.name)
  const request: WhyRequest = reverse === undefined ? wanted : { ...wanted, name: reverse, type: 'PTR' }
  const { name, type, namespace, pod } = request
  const resolver = resolverOf(pod, namespace, zone.config.clusterDomain)
  const names = triedNames(name, resolver)
  const tries: Try[] = []
  for (const each of names) {
    const tried = tryName(zone, each, type)
    tries.push(tried)
    if (tried.result === 'answer' || tried.result === 'upstream') break
  }
  const from = pod === undefined ? namespace : `${namespace}/${pod.metadata.name}`
  const reasons = reasonsFor({ zone, snapshot, request, resolver, tries, type: typeCode(type) })
  return { name, type, from, search: resolver.search, ndots: resolver.ndots, tries, reasons }
}

function typeCode(type: string): number {
  return TYPE_CODES.get(type) ?? TYPE.A
}

function tryName(zone: Zone, name: string, type: string): Try {
  const outcome = answer(zone, { name, type: typeCode(type), class: CLASS_IN })
  if ('forward' in outcome) return { name, result: 'upstream', records: [] }
  const records = outcome.answers.map(formatRecord)
  if (outcome.chase !== undefined) return { name, result: 'upstream', records }
  const denied = RESULTS.get(outcome.rcode)
  if (denied !== undefined) return { name, result: denied, records }
  return { name, result: hasType(outcome.answers, type) ? 'answer' : 'NODATA', records }
}

function reverseName(text: string): string | undefined {
  const ip = parseIP(text)
  if (ip === undefined) return undefined
  if (ip.family === 4) return `${text.split('.').toReversed().join('.')}.in-addr.arpa.`
  return `${addressKey(ip).slice(2).split('').toReversed().join('.')}.ip6.arpa.`
}

/** A chain that ends in nothing has records, and still no answer. */
function hasType(answers: readonly { readonly data: { readonly type: string } }[], type: string): boolean {
  return answers.some(({ data }) => data.type === type || type === 'ANY')
}
