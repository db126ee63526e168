import { parseRequest } from '../../dns/parse-request.ts'
import { forwardingReasons, freshReasons, reachReasons } from './observed-reasons.ts'
import { addressKey } from '../../dns/reverse.ts'
import { parseIP } from '../../lib/ip.ts'
import { backendReasons, costReasons, muslReasons, pointerReasons, underscoreReasons } from './beside.ts'
import { missingService } from './missing-service.ts'
import type { Evidence, Finding, PodRequest, Reason } from './reason.ts'
import type { Resolver } from './resolver.ts'
import { serviceReasons, upstreamWords } from './service-answer.ts'
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
  const foreign = answered ? undefined : tries.findLast(({ upstream }) => upstream !== undefined)
  const findings = answered ? [] : tries.flatMap((tried) => findingOf(evidence, tried) ?? [])
  const most = Math.max(...findings.map(({ weight }) => weight))
  const likely = findings.filter(({ weight }) => weight === most && (weight > 0 || foreign === undefined))
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
          ...backendReasons(evidence, last.name),
          ...underscoreReasons(evidence, last.name),
          ...truncationReasons(zone, last.name, type),
          ...costReasons(walk),
          ...(observed === undefined ? [] : freshReasons(zone, snapshot, last.name, observed.now)),
        ]
      : denied.length > 0
        ? []
        : upstreamReasons(foreign)),
    ...muslReasons(walk),
    ...(foreign?.upstream === undefined || observed?.forwarding === undefined
      ? []
      : forwardingReasons(observed.forwarding, foreign.upstream.name)),
  ]
}

function findingOf(evidence: Evidence, tried: Try): Finding | undefined {
  const { name, result } = tried
  if (result === 'answer') return undefined
  const request = parseRequest(name, evidence.zone)
  if (request.shape === 'pod') return { weight: 2, reasons: [podReason(evidence, request)] }
  if (request.shape === 'namespace') {
    const text = `${name} is a namespace: it has no records, only the names below it have`
    return result === 'NODATA' ? { weight: 1, reasons: [{ text }] } : undefined
  }
  if (request.shape === 'reverse') {
    return result === 'NXDOMAIN' && tried.upstream === undefined ? reverseFinding(evidence, request.prefix) : undefined
  }
  if (request.shape !== 'service') return undefined
  const missing = missingService(evidence, request)
  if (missing !== undefined) return missing
  const service = evidence.snapshot.objects.Service.get(`${request.namespace}/${request.service}`)
  return service && { weight: 4, reasons: serviceReasons(evidence, request, service, tried) }
}

/** Of an address of the cluster that has no name. */
function reverseFinding({ snapshot }: Evidence, key: string): Finding {
  const has = (text: string | undefined): boolean => {
    const ip = parseIP(text ?? '')
    return ip !== undefined && addressKey(ip) === key
  }
  const pod = [...snapshot.objects.Pod.values()].find(({ status }) => (status?.podIPs ?? []).some(({ ip }) => has(ip)))
  const text = 'no Service and no ready endpoint of a Service has this address'
  if (pod === undefined) return { weight: 1, reasons: [{ text }] }
  const { namespace = '', name } = pod.metadata
  return { weight: 1, reasons: [{ text, hint: `Pod ${namespace}/${name} has it, and is no ready endpoint` }] }
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
  const policy = `set dnsPolicy: ${hostNetwork === true ? 'ClusterFirstWithHostNet' : 'ClusterFirst'}`
  const hint = dnsPolicy === 'None' ? `${policy}, or name the address of cluster DNS in dnsConfig` : policy
  return [{ text: `Pod ${pod.metadata.name} never asks cluster DNS (${why})`, hint }]
}

function upstreamReasons(foreign: Try | undefined): readonly Reason[] {
  if (foreign?.upstream === undefined) return []
  return [{ text: `${foreign.name} is no name of the cluster: ${upstreamWords(foreign.upstream)}` }]
}
