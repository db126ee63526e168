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
    const known = near !== undefined && snapshot.objects.Service.get(`${near}/${service}`) !== undefined
    const hint = near === undefined ? {} : { hint: `did you mean namespace ${near}: ${service}.${near}?` }
    return { weight: known ? 2 : 0, reasons: [{ text: `there is no namespace ${namespace}`, ...hint }] }
  }
  if (snapshot.objects.Service.get(`${namespace}/${service}`) !== undefined) return undefined
  const elsewhere = [...zone.services.keys()]
    .filter((key) => key.endsWith(`/${service}`))
    .map((key) => key.split('/')[0] ?? '')
  const text = `there is no ${serviceTitle(request)}`
  if (elsewhere.length > 0) {
    const names = elsewhere.map((other) => `${service}.${other}`).join(' or ')
    return {
      weight: 3,
      reasons: [
        { text: `${text}; a Service ${service} exists in namespace ${elsewhere.join(', ')}`, hint: `ask ${names}` },
      ],
    }
  }
  const beside = [...snapshot.objects.Service.withPrefix(`${namespace}/`)].map(([, { metadata }]) => metadata.name)
  const near = suggest(service, beside)
  return {
    weight: near !== undefined ? 2 : request.front === '' ? 1 : 0,
    reasons: [{ text, ...(near === undefined ? {} : { hint: `did you mean ${near}?` }) }],
  }
}
