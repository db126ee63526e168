import { suggest } from '../../manifest/suggest.ts'
import { serviceTitle, type Evidence, type Finding, type ServiceRequest } from './reason.ts'

/** The namespace is missing or hidden, or it has no such Service. */
export function missingService({ zone, snapshot }: Evidence, request: ServiceRequest): Finding | undefined {
  const { namespace, service } = request
  if (!zone.namespaces.has(namespace)) {
    if (snapshot.objects.Namespace.get(namespace) !== undefined) {
      return {
        weight: 2,
        reasons: [{ text: `namespace ${namespace} is there, but hidden: --namespace does not name it` }],
      }
    }
    const near = suggest(namespace, zone.namespaces.keys())
    const others = near === undefined ? namespacesWith(zone, service) : []
    if (others.length > 0) return elsewhereReason(`there is no namespace ${namespace}`, service, others)
    const known = near !== undefined && snapshot.objects.Service.get(`${near}/${service}`) !== undefined
    const hint = near === undefined ? {} : { hint: `did you mean namespace ${near}: ${service}.${near}?` }
    return { weight: known ? 2 : 0, reasons: [{ text: `there is no namespace ${namespace}`, ...hint }] }
  }
  if (snapshot.objects.Service.get(`${namespace}/${service}`) !== undefined) return undefined
  const elsewhere = namespacesWith(zone, service)
  const text = `there is no ${serviceTitle(request)}`
  if (elsewhere.length > 0) return elsewhereReason(text, service, elsewhere)
  const beside = [...snapshot.objects.Service.withPrefix(`${namespace}/`)].map(([, { metadata }]) => metadata.name)
  const near = suggest(service, beside)
  return {
    weight: near !== undefined ? 2 : request.front === '' ? 1 : 0,
    reasons: [{ text, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) }],
  }
}

function namespacesWith(zone: Evidence['zone'], service: string): readonly string[] {
  return [...zone.services.keys()].filter((key) => key.endsWith(`/${service}`)).map((key) => key.split('/')[0] ?? '')
}

function elsewhereReason(text: string, service: string, namespaces: readonly string[]): Finding {
  const there = namespaces.length === 1 ? 'namespace' : 'namespaces'
  const names = namespaces.map((other) => `${service}.${other}`).join(' or ')
  const reason = {
    text: `${text}; a Service ${service} exists in ${there} ${namespaces.join(', ')}`,
    hint: `ask ${names}`,
  }
  return { weight: 3, reasons: [reason] }
}
