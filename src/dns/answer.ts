import { parseIP } from '../lib/ip.ts'
import { nameServers, nameServerAddresses } from './name-servers.ts'
import { parseRequest, withoutUnderscore, type RecordRequest } from './parse-request.ts'
import {
  addressData,
  QTYPE,
  RCODE,
  TYPE,
  type Question,
  type RecordData,
  type ResourceRecord,
  type SOAData,
} from './records.ts'
import { addressKey, type ReverseRequest } from './reverse.ts'
import type { NameRecords } from './service-records.ts'
import { SOA_TIMES, soaTTL } from './soa.ts'
import type { Zone } from './zone.ts'

export interface Answer {
  readonly rcode: number
  readonly answers: readonly ResourceRecord[]
  readonly authority: readonly ResourceRecord[]
  readonly additional: readonly ResourceRecord[]
  readonly authoritative: boolean
  /** Upstream could not say all. */
  readonly truncated?: boolean
  /** The chain of CNAMEs leaves the zone: this name is to be asked upstream, see completeChain. */
  readonly chase?: string
}

/** The name is none of ours. */
export interface Forward {
  readonly forward: true
}

export type Outcome = Answer | Forward

const FORWARD: Forward = { forward: true }
const MAX_LINKS = 10
const VERSION_TTL = 28800

/** What the zone answers. Pure: the same zone and question give the same outcome. */
export function answer(zone: Zone, question: Question): Outcome {
  return answerLink(zone, question, 0)
}

function answerLink(zone: Zone, question: Question, links: number): Outcome {
  const request = parseRequest(question.name, zone)
  if (request.shape === 'outside') return FORWARD
  if (request.shape === 'reverse') return answerReverse(zone, question, request)
  if (question.type === QTYPE.AXFR || question.type === QTYPE.IXFR) return failure(RCODE.REFUSED)
  if (request.shape === 'service') return answerService(zone, question, request, links)
  return answerFixed(zone, question, request)
}

type ServiceRequest = Extract<RecordRequest, { shape: 'service' }>
type FixedRequest = Exclude<RecordRequest, { shape: 'service' | 'reverse' | 'outside' }>

/** Names that no Service makes. */
function answerFixed(zone: Zone, question: Question, request: FixedRequest): Answer {
  switch (request.shape) {
    case 'impossible':
      return nameError(zone, question)
    case 'apex':
      return answerApex(zone, question, zoneSuffix(zone, question))
    case 'version':
      return select(zone, question, [{ type: 'TXT', strings: ['1.1.0'] }], VERSION_TTL)
    case 'nameServer':
      return select(zone, question, nameServerAddresses(zone))
    case 'branch':
      return noData(zone, question)
    case 'namespace': {
      const hidden = request.branch === 'pod' && zone.config.podRecords === 'disabled'
      return !hidden && zone.namespaces.has(request.namespace) ? noData(zone, question) : nameError(zone, question)
    }
    case 'pod':
      break
  }
  return answerPod(zone, question, request)
}

function answerService(zone: Zone, question: Question, request: ServiceRequest, links: number): Answer {
  const { namespace, service, front } = request
  const found = zone.services.get(`${namespace}/${service}`)
  const records = found?.names.get(front)
  if (found === undefined || records === undefined) {
    const branch = found?.protocols.has(withoutUnderscore(front)) ?? false
    return branch ? noData(zone, question) : nameError(zone, question)
  }
  if (found.externalName !== undefined) return answerAlias(zone, question, found.externalName, links)
  const owner = `${service}.${namespace}.svc.${zoneSuffix(zone, question)}`
  if (question.type === TYPE.SRV) return answerSRV(zone, question, records, found.names, owner)
  return select(zone, question, [...records.a, ...records.aaaa])
}

/** A CNAME answers every type. Inside the zone the chain is followed here, at most ten links. */
function answerAlias(zone: Zone, question: Question, target: string, links: number): Answer {
  const alias: ResourceRecord = { name: question.name, ttl: zone.config.ttl, data: { type: 'CNAME', target } }
  if (question.type === TYPE.CNAME || question.type === QTYPE.ANY) return positive([alias])
  if (links >= MAX_LINKS) return failure(RCODE.SERVFAIL)
  const next = answerLink(zone, { ...question, name: target }, links + 1)
  if ('forward' in next) return { ...positive([alias]), chase: target }
  return next.rcode === RCODE.SERVFAIL ? next : { ...next, answers: [alias, ...next.answers] }
}

function answerSRV(
  zone: Zone,
  question: Question,
  records: NameRecords,
  names: ReadonlyMap<string, NameRecords>,
  owner: string,
): Answer {
  const { ttl } = zone.config
  if (records.srv.length === 0) return noData(zone, question)
  const nameOf = (target: string): string => (target === '' ? owner : `${target}.${owner}`)
  const answers = records.srv.map(
    ({ weight, port, target }): ResourceRecord => ({
      name: question.name,
      ttl,
      data: { type: 'SRV', priority: 0, weight, port, target: nameOf(target) },
    }),
  )
  const targets = [...new Set(records.srv.map(({ target }) => target))]
  const additional = targets.flatMap((target) => {
    const { a = [], aaaa = [] } = names.get(target) ?? {}
    return [...a, ...aaaa].map((data): ResourceRecord => ({ name: nameOf(target), ttl, data }))
  })
  return { ...positive(answers), additional }
}

/** Exactly three dashes and no two together are an IPv4 address. */
function answerPod(zone: Zone, question: Question, request: Extract<RecordRequest, { shape: 'pod' }>): Answer {
  const { namespace, address } = request
  const dotted = address.split('-').length === 4 && !address.includes('--')
  const ip = parseIP(address.replaceAll('-', dotted ? '.' : ':'))
  const mode = zone.config.podRecords
  if (ip === undefined || mode === 'disabled' || !zone.namespaces.has(namespace)) return nameError(zone, question)
  const live = mode === 'insecure' || hasPrefix(zone.pods, `${addressKey(ip)}/${namespace}/`)
  return live ? select(zone, question, [addressData(ip)]) : nameError(zone, question)
}

function hasPrefix(map: Zone['pods'] | Zone['pointers'], prefix: string): boolean {
  return map.withPrefix(prefix).next().done !== true
}

function answerApex(zone: Zone, question: Question, owner: string): Answer {
  if (question.type === TYPE.SOA) return positive([soaRecord(zone, question, owner)])
  if (question.type !== TYPE.NS) return noData(zone, question, owner)
  const { ttl } = zone.config
  const servers = nameServers(zone)
  const absolute = (name: string): string => `${name}.${zoneSuffix(zone, question)}`
  const answers = servers.map(
    ({ name }): ResourceRecord => ({
      name: question.name,
      ttl,
      data: { type: 'NS', target: absolute(name) },
    }),
  )
  if (answers.length === 0) return noData(zone, question, owner)
  const additional = servers.flatMap(({ name, addresses }) =>
    addresses.map((data): ResourceRecord => ({ name: absolute(name), ttl, data })),
  )
  return { ...positive(answers), additional }
}

/** Known addresses are answered wherever they are; unknown ones are denied only in our own reverse zones. */
function answerReverse(zone: Zone, question: Question, request: ReverseRequest): Outcome {
  const { prefix, complete, extra, zoneLabels } = request
  const targets = complete && !extra ? pointerTargets(zone, prefix) : []
  if (targets.length > 0 && question.type === TYPE.PTR) return select(zone, question, targets)
  // Whose address it is may be known only later: nobody else is to deny it until then.
  if (zoneLabels === undefined) return zone.config.synced ? FORWARD : nameError(zone, question)
  if (question.type === QTYPE.AXFR || question.type === QTYPE.IXFR) return failure(RCODE.REFUSED)
  const owner = lastLabels(question.name, zoneLabels)
  if (owner === question.name) return answerApex(zone, question, owner)
  const exists = targets.length > 0 || (!extra && !complete && hasPrefix(zone.pointers, prefix))
  return exists ? noData(zone, question, owner) : nameError(zone, question, owner)
}

/** The first Service whose ClusterIP it is, else every name of every ready endpoint there. */
function pointerTargets(zone: Zone, address: string): readonly RecordData[] {
  const targets: RecordData[] = []
  for (const [key, fronts] of zone.pointers.withPrefix(`${address}/`)) {
    const [, kind = '', namespace = '', service = ''] = key.split('/')
    const owner = `${service}.${namespace}.svc.${zone.origin}`
    if (kind === 'c') return [{ type: 'PTR', target: owner }]
    for (const front of fronts) targets.push({ type: 'PTR', target: `${front}.${owner}` })
  }
  return targets
}

function lastLabels(name: string, count: number): string {
  const labels = name.split('.')
  return labels.slice(Math.max(0, labels.length - 1 - count)).join('.')
}

/** The zone's name in the letter case of the question, as resolvers that vary the case need it. */
function zoneSuffix(zone: Zone, question: Question): string {
  const suffix = question.name.slice(-zone.origin.length)
  return suffix.toLowerCase() === zone.origin ? suffix : zone.origin
}

/** Those of `data` that the question asks for, else NODATA. */
function select(zone: Zone, question: Question, data: readonly RecordData[], ttl: number = zone.config.ttl): Answer {
  const wanted = data.filter(({ type }) => type !== 'OTHER' && TYPE[type] === question.type)
  return wanted.length === 0
    ? noData(zone, question)
    : positive(wanted.map((data) => ({ name: question.name, ttl, data })))
}

function positive(answers: readonly ResourceRecord[]): Answer {
  return { rcode: RCODE.NOERROR, answers, authority: [], additional: [], authoritative: true }
}

/** The name exists, records of this type do not. */
function noData(zone: Zone, question: Question, owner: string = zoneSuffix(zone, question)): Answer {
  return { ...positive([]), authority: [soaRecord(zone, question, owner)] }
}

/** NXDOMAIN; SERVFAIL while not all is known yet. */
function nameError(zone: Zone, question: Question, owner: string = zoneSuffix(zone, question)): Answer {
  const rcode = zone.config.synced ? RCODE.NXDOMAIN : RCODE.SERVFAIL
  return { ...noData(zone, question, owner), rcode }
}

export function failure(rcode: number): Answer {
  return { rcode, answers: [], authority: [], additional: [], authoritative: false }
}

function soaRecord(zone: Zone, question: Question, owner: string): ResourceRecord {
  const suffix = zoneSuffix(zone, question)
  const data: SOAData = {
    type: 'SOA',
    mname: `ns.dns.${suffix}`,
    rname: `hostmaster.${suffix}`,
    numbers: [zone.serial, ...SOA_TIMES, zone.config.ttl],
  }
  return { name: owner, ttl: soaTTL(zone), data }
}
