import { parseRequest } from '../../dns/parse-request.ts'
import { forwardingReasons, freshReasons, reachReasons } from './observed-reasons.ts'
import { parseIP } from '../../lib/ip.ts'
import { missingService } from './missing-service.ts'
import type { Evidence, Finding, PodRequest, Reason } from './reason.ts'
import type { Resolver } from './resolver.ts'
import { serviceReasons } from './service-answer.ts'
import { truncationReasons } from './truncation.ts'
import type { Try, WhyRequest } from './why.ts'

export type { Reason } from './reason.ts'

export interface Walk {
  readonly zone: Evidence['zone']
  readonly snapshot: Evidence['snapshot']
  readonly request: WhyRequest
  readonly resolver: Resolver
  readonly tries: readonly Try[]
  /** The code of the type that is asked for. */
  readonly type: number
}

/** What explains the walk: about the Pod that asks, about the names that were denied, and what it costs. */
export function reasonsFor(walk: Walk): readonly Reason[] {
  const { zone, snapshot, request, tries, type } = walk
  const evidence: Evidence = { zone, snapshot, type: request.type }
  const last = tries.at(-1)
  const answered = last?.result === 'answer'
  const findings = answered ? [] : tries.flatMap(({ name, result }) => findingOf(evidence, name, result) ?? [])
  const most = Math.max(...findings.map(({ weight }) => weight))
  const likely = findings.filter(({ weight }) => weight === most && (weight > 0 || last?.result !== 'upstream'))
  const denied = likely.flatMap(({ reasons }) => reasons)
  const { observed, pod } = request
  const reached = observed?.reached === undefined ? [] : reachReasons(observed.reached, pod?.metadata.name ?? '')
  return [
    ...askerReasons(walk),
    ...reached,
    ...(observed?.policy === undefined ? [] : [{ text: observed.policy }]),
    ...(zone.config.synced ? [] : [{ text: 'not all objects are known yet: nothing is denied until they are' }]),
    ...denied,
    ...(answered
      ? [
          ...pointerReasons(last),
          ...truncationReasons(zone, last.name, type),
          ...costReasons(walk),
          ...(observed === undefined ? [] : freshReasons(zone, snapshot, last.name, observed.now)),
        ]
      : denied.length > 0
        ? []
        : upstreamReasons(last)),
    ...(last?.result !== 'upstream' || observed?.forwarding === undefined
      ? []
      : forwardingReasons(observed.forwarding, last.name)),
  ]
}

function findingOf(evidence: Evidence, name: string, result: Try['result']): Finding | undefined {
  if (result === 'answer') return undefined
  const request = parseRequest(name, evidence.zone)
  if (request.shape === 'pod') return { weight: 2, reasons: [podReason(evidence, request)] }
  if (request.shape === 'namespace') {
    const text = `${name} is a namespace: it has no records, only the names below it have`
    return result === 'NODATA' ? { weight: 1, reasons: [{ text }] } : undefined
  }
  if (request.shape !== 'service') return undefined
  const missing = missingService(evidence, request)
  if (missing !== undefined) return missing
  const service = evidence.snapshot.objects.Service.get(`${request.namespace}/${request.service}`)
  return service && { weight: 4, reasons: serviceReasons(evidence, request, service) }
}

function podReason({ zone }: Evidence, { namespace, address }: PodRequest): Reason {
  if (zone.config.podRecords === 'disabled')
    return { text: 'Pods have no names of their addresses: --pods is disabled' }
  const dotted = address.split('-').length === 4 && !address.includes('--')
  const ip = parseIP(address.replaceAll('-', dotted ? '.' : ':'))
  if (ip === undefined) return { text: `${address} is no address with dashes`, hint: 'such as 10-244-1-2' }
  if (!zone.namespaces.has(namespace)) return { text: `there is no namespace ${namespace}` }
  return {
    text: `no Pod that runs in namespace ${namespace} has the address ${address.replaceAll('-', dotted ? '.' : ':')}`,
  }
}

function askerReasons({ request, resolver }: Walk): readonly Reason[] {
  const { pod } = request
  if (pod === undefined || resolver.asksCluster) return []
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = pod.spec
  const why = hostNetwork === true && dnsPolicy === 'ClusterFirst' ? 'hostNetwork: true' : `dnsPolicy: ${dnsPolicy}`
  const hint = hostNetwork === true ? 'set dnsPolicy: ClusterFirstWithHostNet' : 'set dnsPolicy: ClusterFirst'
  return [{ text: `Pod ${pod.metadata.name} never asks cluster DNS (${why})`, hint }]
}

/** One address behind which several Services stand. */
function pointerReasons({ records }: Try): readonly Reason[] {
  const targets = records.flatMap((line) => / IN PTR (\S+)$/.exec(line)?.[1] ?? [])
  if (targets.length < 2) return []
  return [
    { text: `${targets.length} names, because the address is an endpoint of more than one Service, or has two names` },
  ]
}

function costReasons({ tries }: Walk): readonly Reason[] {
  const vain = tries.length - 1
  if (vain <= 0) return []
  const names = vain === 1 ? 'one name was' : `${vain} names were`
  const hint = `${tries.at(-1)?.name}, with the dot at its end, is asked at once`
  return [{ text: `${names} asked in vain before this one`, hint }]
}

function upstreamReasons(last: Try | undefined): readonly Reason[] {
  if (last?.result !== 'upstream') return []
  return [{ text: `${last.name} is no name of the cluster: the servers upstream are asked` }]
}
