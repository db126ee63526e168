/** What cluster DNS answers to a name, what a resolver makes of it, and why there is no answer. */
import type { Pod } from '../../api/core.ts'
import { answer } from '../../dns/answer.ts'
import { CLASS_IN, formatRecord, RCODE } from '../../dns/records.ts'
import type { ZoneConfig } from '../../dns/zone-config.ts'
import { compileZone, type Zone } from '../../dns/zone.ts'
import { addressKey } from '../../dns/reverse.ts'
import { parseIP } from '../../lib/ip.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { Observed } from './observed.ts'
import { questionCode } from './question-types.ts'
import { reasonsFor, type Reason } from './reasons.ts'
import { resolverOf, triedNames } from './resolver.ts'
import type { UpstreamReply } from './upstream-reply.ts'

export interface Try {
  /** Absolute. */
  readonly name: string
  /** `upstream`: the cluster does not know, and what somebody else would say is not known here. */
  readonly result: 'answer' | 'NODATA' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'upstream'
  /** As in a zone file. */
  readonly records: readonly string[]
  /** Of a name that somebody else is asked for, at the end of the chain of aliases: what was said, where that is known. */
  readonly upstream?: { readonly name: string } & Partial<Omit<UpstreamReply, 'records'>>
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
  const resolver = resolverOf(pod, namespace, zone.config.clusterDomain, clusterServers(snapshot))
  const names = triedNames(name, resolver)
  const tries: Try[] = []
  for (const each of names) {
    const tried = tryName(zone, each, type, request.observed)
    tries.push(tried)
    if (tried.result === 'answer' || tried.result === 'upstream') break
  }
  const from = pod === undefined ? namespace : `${namespace}/${pod.metadata.name}`
  const reasons = reasonsFor({ zone, snapshot, request, resolver, tries, type: questionCode(type) })
  return { name, type, from, search: resolver.search, ndots: resolver.ndots, tries, reasons }
}

function tryName(zone: Zone, name: string, type: string, observed: Observed | undefined): Try {
  const outcome = answer(zone, { name, type: questionCode(type), class: CLASS_IN })
  if ('forward' in outcome) return foreignTry(name, name, [], observed)
  const records = outcome.answers.map(formatRecord)
  if (outcome.chase !== undefined) return foreignTry(name, outcome.chase, records, observed)
  const denied = RESULTS.get(outcome.rcode)
  if (denied !== undefined) return { name, result: denied, records }
  return { name, result: hasType(outcome.answers, type) ? 'answer' : 'NODATA', records }
}

/** Addresses of the Service that clusters call kube-dns, whoever serves behind it. */
function clusterServers(snapshot: Snapshot): readonly string[] {
  const { clusterIP = '', clusterIPs = [clusterIP] } = snapshot.objects.Service.get('kube-system/kube-dns')?.spec ?? {}
  return clusterIPs
}

/** `end` is asked upstream, behind `chain`. */
function foreignTry(name: string, end: string, chain: readonly string[], observed: Observed | undefined): Try {
  const reply = observed?.replies?.get(end.toLowerCase())
  if (reply === undefined) return { name, result: 'upstream', records: chain, upstream: { name: end } }
  const { records, ...said } = reply
  const result = said.result === 'no answer' ? 'SERVFAIL' : said.result
  return { name, result, records: [...chain, ...records], upstream: { name: end, ...said } }
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
