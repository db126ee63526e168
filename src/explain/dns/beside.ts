/** What is worth saying beside an answer, or beside the way to it. */
import { parseRequest } from '../../dns/parse-request.ts'
import { serviceTitle, type Evidence, type Reason } from './reason.ts'
import type { Walk } from './reasons.ts'
import { emptySelection } from './selection.ts'
import type { Try } from './why.ts'

/** One address behind which several Services stand. */
export function pointerReasons({ records }: Try): readonly Reason[] {
  const targets = records.flatMap((line) => / IN PTR (\S+)$/.exec(line)?.[1] ?? [])
  if (targets.length < 2) return []
  const services = new Set(targets.flatMap((target) => /([^.]+\.[^.]+)\.svc\./.exec(target)?.[1] ?? []))
  const titles = [...services].map((name) => name.split('.').toReversed().join('/')).toSorted()
  const why =
    titles.length > 1
      ? `the address is an endpoint of the Services ${titles.join(' and ')}`
      : `the endpoint of Service ${titles.join('')} is called so more than once`
  return [{ text: `${targets.length} names, because ${why}` }]
}

/** The name is there, and nobody behind it. */
export function backendReasons({ zone, snapshot }: Evidence, name: string): readonly Reason[] {
  const request = parseRequest(name, zone)
  if (request.shape !== 'service') return []
  const service = snapshot.objects.Service.get(`${request.namespace}/${request.service}`)
  const nobody =
    service === undefined || service.spec.type === 'ExternalName' ? undefined : emptySelection(snapshot, service)
  return nobody === undefined ? [] : [{ ...nobody, text: `nobody answers on ${serviceTitle(request)}: ${nobody.text}` }]
}

export function costReasons({ request, tries }: Walk): readonly Reason[] {
  const vain = tries.length - 1
  if (vain <= 0) return []
  const names = vain === 1 ? 'one name was' : `${vain} names were`
  const dots = request.name.split('.').length - 1
  const literal = tries.at(-1)?.name === `${request.name}.`
  const ndots = literal && dots > 0 ? `, or with ndots:${dots} in the Pod’s dnsConfig` : ''
  // Programs want addresses of both families.
  const queries = request.type === 'A' || request.type === 'AAAA' ? `, ${2 * tries.length} queries with A and AAAA` : ''
  const hint = `${tries.at(-1)?.name}, with the dot at its end${ndots}, is asked at once`
  return [{ text: `${names} asked in vain before this one${queries}`, hint }]
}

/** Where musl's resolver does otherwise than glibc's, which the walk follows. */
export function muslReasons({ request, resolver, tries }: Walk): readonly Reason[] {
  const [first] = tries
  if (tries.length > 1 && first?.name === `${request.name}.`) {
    const dots = resolver.ndots === 1 ? '1 dot' : `${resolver.ndots} dots`
    return [{ text: `musl asks for ${first.name} alone: it searches for no name of ${dots} or more` }]
  }
  const end = tries.slice(0, -1).find(({ result }) => result === 'NODATA' || result === 'SERVFAIL')
  return end === undefined ? [] : [{ text: `musl ends its search at ${end.name} (${end.result}): glibc goes on` }]
}

/** The underscores of `_http._tcp` may be left out here, and nowhere else. */
export function underscoreReasons({ zone }: Evidence, name: string): readonly Reason[] {
  const request = parseRequest(name, zone)
  if (request.shape !== 'service' || !request.front.includes('.')) return []
  const [port = '', protocol = ''] = name.split('.')
  if (port.startsWith('_') && protocol.startsWith('_')) return []
  const [ownPort, ownProtocol] = request.front.split('.')
  const hint = `ask _${ownPort}._${ownProtocol}.${request.service}.${request.namespace}`
  return [{ text: 'the underscores are missing: CoreDNS answers all the same, others need not', hint }]
}
