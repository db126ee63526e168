import type { Pod, Service } from '../../api/core.ts'
import { answer } from '../../dns/answer.ts'
import { CLASS_IN, RCODE, TYPE } from '../../dns/records.ts'
import { dashedAddress } from '../../dns/service-records.ts'
import { parseIP } from '../../lib/ip.ts'
import { formatLabels, hasSelector, selectPods } from '../../model/selectors.ts'
import { listIn } from '../../model/snapshot.ts'
import { emptySelection } from './selection.ts'
import type { Try } from './why.ts'
import { serviceTitle, type Evidence, type Reason, type ServiceRequest } from './reason.ts'

/** Why a Service that exists gives no answer to this name and type. */
export function serviceReasons(
  evidence: Evidence,
  request: ServiceRequest,
  service: Service,
  { upstream }: Pick<Try, 'upstream'>,
): readonly Reason[] {
  const { zone, snapshot, type } = evidence
  const { namespace, service: name, front } = request
  const records = zone.services.get(`${namespace}/${name}`)
  if (records === undefined) return [{ text: `${serviceTitle(request)} is hidden by the configuration` }]
  if (service.spec.type === 'ExternalName') return externalReasons(evidence, request, service, upstream)
  if (records.names.size === 0) {
    if (!records.headless) {
      return [{ text: `${serviceTitle(request)} has no ready endpoint, and --hide-empty hides such Services` }]
    }
    return [emptyHeadless(evidence, request, service)]
  }
  const found = records.names.get(front)
  if (found === undefined)
    return front.includes('.') ? portReasons(request, service) : endpointReasons(evidence, request)
  const families = [found.a.length > 0 ? 'IPv4' : '', found.aaaa.length > 0 ? 'IPv6' : ''].filter(
    (family) => family !== '',
  )
  if (type === 'A' || type === 'AAAA') {
    if (families.length === 0) return [{ text: `${serviceTitle(request)} has no address yet` }]
    return [
      { text: `${serviceTitle(request)} has ${families.join(' and ')} addresses only: no ${type} record is right` },
    ]
  }
  const ports = (service.spec.ports ?? []).length === 0 && snapshot.objects.Service.size > 0
  if (type === 'SRV' && ports) return [{ text: `${serviceTitle(request)} has no ports` }]
  return [{ text: `the name exists, and has no ${type} record` }]
}

/** Headless, and nobody is ready. */
function emptyHeadless({ snapshot }: Evidence, request: ServiceRequest, service: Service): Reason {
  const title = `${serviceTitle(request)} is headless`
  const endpoints = endpointsOf(snapshot, request)
  if (endpoints.length > 0) {
    const ways =
      'it has a name again once one is ready; publishNotReadyAddresses: true gives names to those that are not'
    const count = endpoints.length === 1 ? 'its one endpoint is not' : `none of its ${endpoints.length} endpoints is`
    return { text: `${title}, and ${count} ready${sinceText(snapshot, request, endpoints)}`, hint: ways }
  }
  if (!hasSelector(service)) return { text: `${title} without a selector, and no EndpointSlice names endpoints for it` }
  const nobody = emptySelection(snapshot, service)
  if (nobody !== undefined) return { ...nobody, text: `${title}, and ${nobody.text}` }
  if (snapshot.objects.Pod.size === 0) return { text: `${title}, and no EndpointSlice names endpoints for it` }
  const labels = formatLabels(service.spec.selector ?? {})
  const selected = selectPods(snapshot, service).length
  return { text: `${title}, and the ${selected} Pods with its labels ${labels} have no endpoints yet` }
}

/** Since when the last of them is not ready, where the Pods say so. */
function sinceText(
  snapshot: Evidence['snapshot'],
  { namespace }: ServiceRequest,
  endpoints: readonly EndpointFacts[],
): string {
  const times = endpoints.flatMap(({ pod }) => {
    const { conditions = [] } = snapshot.objects.Pod.get(`${namespace}/${pod ?? ''}`)?.status ?? {}
    return conditions.find(({ type, status }) => type === 'Ready' && status !== 'True')?.lastTransitionTime ?? []
  })
  const last = times.toSorted().at(-1)
  return last === undefined ? '' : ` since ${last}`
}

interface EndpointFacts {
  readonly address: string
  readonly hostname: string | undefined
  readonly pod: string | undefined
  readonly ready: boolean
}

function endpointsOf(snapshot: Evidence['snapshot'], { namespace, service }: ServiceRequest): readonly EndpointFacts[] {
  return listIn(snapshot, 'EndpointSlice', namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(({ endpoints }) =>
      endpoints.flatMap(({ addresses, hostname, targetRef, conditions }) =>
        addresses.map((address) => ({ address, hostname, pod: targetRef?.name, ready: conditions?.ready !== false })),
      ),
    )
}

/** What was said of a name that is asked upstream. */
export function upstreamWords({ result, milliseconds = 0 }: NonNullable<Try['upstream']>): string {
  if (result === undefined) return 'the servers upstream are asked'
  if (result === 'no answer') return `no server upstream gave an answer in ${Math.round(milliseconds)} ms`
  const said = result === 'NODATA' ? 'that it has no such record' : result
  return `upstream said ${said} in ${Math.round(milliseconds)} ms`
}

function externalReasons(
  { zone, type }: Evidence,
  request: ServiceRequest,
  service: Service,
  upstream: Try['upstream'],
): readonly Reason[] {
  const { namespace, service: name, front } = request
  const target = service.spec.externalName ?? ''
  const title = `${serviceTitle(request)} is an ExternalName`
  if (front !== '') return [{ text: `${title}: nothing stands below its name`, hint: `ask ${name}.${namespace}` }]
  if (parseIP(target.replace(/\.$/, '')) !== undefined) {
    const hint = 'use a Service without selector and an EndpointSlice with the address'
    return [{ text: `${title} of the address ${target}: an alias can only lead to a name`, hint }]
  }
  if (upstream !== undefined)
    return [{ text: `${title} of ${upstream.name.replace(/\.$/, '')}: ${upstreamWords(upstream)}` }]
  const code = TYPE.A
  const end = answer(zone, { name: `${name}.${namespace}.svc.${zone.origin}`, type: code, class: CLASS_IN })
  if ('forward' in end) return []
  if (end.rcode === RCODE.SERVFAIL)
    return [{ text: `${title}: its chain of aliases ends nowhere, it comes back to itself` }]
  if (end.rcode === RCODE.NXDOMAIN) return [{ text: `${title} of ${target}, which does not exist` }]
  return [{ text: `${title} of ${target}, which has no ${type} record` }]
}

function portReasons({ front, namespace, service: name }: ServiceRequest, service: Service): readonly Reason[] {
  const [port = '', protocol = ''] = front.split('.')
  const ports = service.spec.ports ?? []
  const title = `Service ${namespace}/${name}`
  const named = ports.filter((each) => each.name !== undefined && each.name !== '')
  const other = named.find((each) => each.name?.toLowerCase() === port)
  const names = named.map((each) => `_${each.name}._${(each.protocol ?? 'TCP').toLowerCase()}.${name}`)
  const hint = names.length === 0 ? {} : { hint: `it has ${names.join(', ')}` }
  if (other !== undefined)
    return [{ text: `port ${port} of ${title} is ${other.protocol ?? 'TCP'}, not ${protocol.toUpperCase()}`, ...hint }]
  if (named.length === 0)
    return [{ text: `the ports of ${title} have no names, so no name stands for one`, hint: 'name the port' }]
  return [{ text: `${title} has no port of the name ${port}`, ...hint }]
}

/** One label before the Service: an endpoint by its hostname, or by its address with dashes. */
function endpointReasons({ zone, snapshot }: Evidence, request: ServiceRequest): readonly Reason[] {
  const { namespace, service: name, front } = request
  const endpoints = endpointsOf(snapshot, request)
  const nameOf = ({ address, hostname, pod }: EndpointFacts): string => {
    const ip = parseIP(address)
    if (hostname !== undefined && hostname !== '') return hostname
    if (zone.config.endpointPodNames && pod !== undefined) return pod
    return ip === undefined ? address : dashedAddress(ip)
  }
  const meant = endpoints.find((each) => {
    const ip = parseIP(each.address)
    return [each.hostname, each.pod, ip && dashedAddress(ip)].includes(front)
  })
  if (meant !== undefined) {
    const own = nameOf(meant)
    if (!meant.ready)
      return [
        { text: `endpoint ${own} of ${serviceTitle(request)} is not ready`, hint: 'only ready endpoints have names' },
      ]
    const called = {
      text: `that endpoint of ${serviceTitle(request)} is called ${own}`,
      hint: `ask ${own}.${name}.${namespace}`,
    }
    const pod = snapshot.objects.Pod.get(`${namespace}/${meant.pod ?? ''}`)
    const halfNamed = pod?.spec.hostname === front && pod.spec.subdomain === undefined
    return halfNamed ? [called, podReason(pod, request)] : [called]
  }
  const pod = listIn(snapshot, 'Pod', namespace).find(
    ({ metadata, spec }) => metadata.name === front || spec.hostname === front,
  )
  if (pod !== undefined) return [podReason(pod, request)]
  const names = [...new Set(endpoints.filter(({ ready }) => ready).map(nameOf))]
  const some = names.slice(0, 5).join(', ')
  const hint = names.length === 0 ? {} : { hint: `it has ${some}${names.length > 5 ? ' and more' : ''}` }
  return [{ text: `no endpoint of ${serviceTitle(request)} is called ${front}`, ...hint }]
}

/** A Pod of that name, whose endpoint is called otherwise or is not there. */
function podReason(pod: Pod, { namespace, service }: ServiceRequest): Reason {
  const { hostname, subdomain } = pod.spec
  const title = `Pod ${namespace}/${pod.metadata.name}`
  if (hostname === undefined) {
    return {
      text: `${title} has no hostname, so its endpoint is called after its address`,
      hint: 'set hostname and subdomain',
    }
  }
  if (subdomain === undefined) {
    return { text: `${title} has the hostname ${hostname} and no subdomain`, hint: `set subdomain: ${service}` }
  }
  if (subdomain !== service)
    return { text: `${title} has the subdomain ${subdomain}`, hint: `ask ${hostname}.${subdomain}.${namespace}` }
  return { text: `${title} is no endpoint of Service ${namespace}/${service}: it is not selected, or not ready` }
}
