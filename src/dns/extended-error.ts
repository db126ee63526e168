import { answer, type Answer } from './answer.ts'
import type { ExtendedError } from './message.ts'
import { parseRequest, type RecordRequest } from './parse-request.ts'
import { RCODE, TYPE, type Question } from './records.ts'
import type { Zone } from './zone.ts'

/** Codes of RFC 8914, section 5.2. */
const CODE = { OTHER: 0, NOT_READY: 14, NO_REACHABLE_AUTHORITY: 22 } as const
/** Two labels of 63 letters and the words around them. So much fits into 512 bytes beside the longest name and an SOA. */
const LONGEST = 160

/**
 * Why there is no answer, from what the namespace and the Service that were asked for hold themselves: whoever asks learns
 * no name that was not in the question. Undefined where there is an answer, or nothing to say.
 */
export function extendedError(zone: Zone, question: Question, found: Answer): ExtendedError | undefined {
  if (found.answers.length > 0 || found.truncated === true) return undefined
  const request = parseRequest(question.name, zone)
  if (found.rcode === RCODE.SERVFAIL) return failureError(zone, question, request, found)
  const exists = found.rcode === RCODE.NOERROR
  if (!exists && found.rcode !== RCODE.NXDOMAIN) return undefined
  const text = exists ? familyText(zone, question, request) : denialText(zone, request)
  return text === undefined || text.length > LONGEST ? undefined : { code: CODE.OTHER, text }
}

/** What is not denied yet has an SOA, as a denial has. */
function failureError(
  zone: Zone,
  question: Question,
  request: RecordRequest,
  { authority }: Answer,
): ExtendedError | undefined {
  if (authority.length > 0) return { code: CODE.NOT_READY, text: 'not all objects of the cluster are known yet' }
  if (request.shape === 'service') return aliasError(zone, question, request)
  if (request.shape !== 'outside' && request.shape !== 'reverse') return undefined
  return { code: CODE.NO_REACHABLE_AUTHORITY, text: 'no server upstream answered' }
}

/** Of a chain of aliases, which alone fails below a Service: its end is asked upstream, or there is none. */
function aliasError(zone: Zone, question: Question, { namespace, service }: ServiceRequest): ExtendedError | undefined {
  if (zone.source.Service.get(`${namespace}/${service}`)?.spec.type !== 'ExternalName') return undefined
  const title = `ExternalName ${namespace}/${service}`
  const outcome = answer(zone, question)
  const leads = 'forward' in outcome || outcome.chase !== undefined
  if (!leads) return { code: CODE.OTHER, text: `${title} leads back to itself` }
  return { code: CODE.NO_REACHABLE_AUTHORITY, text: `upstream failed at the name that ${title} leads to` }
}

function denialText(zone: Zone, request: RecordRequest): string | undefined {
  if (request.shape !== 'service' && request.shape !== 'pod' && request.shape !== 'namespace') return undefined
  const { namespace } = request
  if (!zone.namespaces.has(namespace)) return `no namespace ${namespace}`
  if (request.shape === 'service') return serviceText(zone, request)
  return request.shape === 'pod' ? `no Pod of this address in namespace ${namespace}` : undefined
}

type ServiceRequest = Extract<RecordRequest, { shape: 'service' }>

function serviceText(zone: Zone, { namespace, service, front }: ServiceRequest): string {
  const key = `${namespace}/${service}`
  const found = zone.services.get(key)
  if (found === undefined) return `no Service ${key}`
  if (zone.source.Service.get(key)?.spec.type === 'ExternalName') {
    return `ExternalName ${key} ${front === '' ? 'leads to an address' : 'has no names below it'}`
  }
  if (found.names.size === 0) return `Service ${key} has no ready endpoint`
  return `Service ${key} has no such ${front.includes('.') ? 'port' : 'endpoint'}`
}

function familyText(zone: Zone, { type }: Question, request: RecordRequest): string | undefined {
  if (request.shape !== 'service') return undefined
  const key = `${request.namespace}/${request.service}`
  const { a = [], aaaa = [] } = zone.services.get(key)?.names.get(request.front) ?? {}
  if (type === TYPE.AAAA && a.length > 0) return `Service ${key} has IPv4 addresses only`
  if (type === TYPE.A && aaaa.length > 0) return `Service ${key} has IPv6 addresses only`
  return undefined
}
