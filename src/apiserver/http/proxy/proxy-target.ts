/** Which Pod or node and which port a proxy path means. */
import type { Node, Pod, Service, ServicePort } from '../../../api/core.ts'
import type { EndpointSlice } from '../../../api/discovery.ts'
import { notFoundStatus } from '../../../api/status.ts'
import { endpointSlicesOf } from '../../../model/endpoints.ts'
import { containerPorts } from '../../../model/find-port.ts'
import { get, type Snapshot } from '../../../model/snapshot.ts'
import { badRequest, failureStatus, Refusal } from '../failures.ts'
import type { ProxyPath } from './proxy-path.ts'

export interface ProxyTarget {
  readonly to: Pod | Node
  readonly port: number
}

export function addressOf(target: Pod | Node): string | undefined {
  if (target.kind === 'Pod') return target.status?.podIP
  return target.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address
}

/** `choose`: from 0 to below its argument. Throws a Refusal where there is nothing to connect to. */
export function proxyTarget(snapshot: Snapshot, path: ProxyPath, choose: (count: number) => number): ProxyTarget {
  if (path.kind === 'Node') return nodeTarget(snapshot, path)
  const key = `${path.namespace}/${path.name}`
  if (path.kind === 'Service') {
    const service = get(snapshot, 'Service', key)
    if (service === undefined) throw new Refusal(notFoundStatus('Service', path.name))
    return endpointOf(snapshot, key, service, path.port, choose)
  }
  const pod = get(snapshot, 'Pod', key)
  if (pod === undefined) throw new Refusal(notFoundStatus('Pod', path.name))
  if (pod.status?.podIP === undefined) throw unavailable(`pod ${path.name} has no address yet`)
  return { to: pod, port: podPort(pod, path) }
}

/** A port of the node itself, such as that of its service proxy's health. */
function nodeTarget(snapshot: Snapshot, { name, port }: ProxyPath): ProxyTarget {
  const node = get(snapshot, 'Node', name)
  if (node === undefined) throw new Refusal(notFoundStatus('Node', name))
  if (addressOf(node) === undefined) throw unavailable(`node ${name} has no address`)
  return { to: node, port: portNumber(port, 'node') }
}

function portNumber(port: string, of: 'pod' | 'node'): number {
  if (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535) return Number(port)
  throw badRequest(`port ${JSON.stringify(port)} of a ${of} must be a number`)
}

/** A number, or the first port that a container names, or that of the scheme. */
function podPort(pod: Pod, { port, scheme }: ProxyPath): number {
  if (port !== '') return portNumber(port, 'pod')
  for (const [, { containerPort }] of containerPorts(pod.spec)) return containerPort
  return scheme === 'https' ? 443 : 80
}

function endpointOf(
  snapshot: Snapshot,
  key: string,
  service: Service,
  wanted: string,
  choose: (count: number) => number,
): ProxyTarget {
  const { name } = service.metadata
  const port = servicePort(service, wanted)
  if (port === undefined)
    throw unavailable(`no service port ${JSON.stringify(wanted)} found for service ${JSON.stringify(name)}`)
  const found = endpointSlicesOf(snapshot, key).flatMap((slice) => podsOf(snapshot, slice, port.name ?? ''))
  const chosen = found[choose(found.length)]
  if (chosen === undefined) throw unavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  return chosen
}

/** By name or number; without either the one that has no name, or the only one. */
function servicePort({ spec }: Service, wanted: string): ServicePort | undefined {
  const ports = spec.ports ?? []
  const found = ports.find((port) => (port.name ?? '') === wanted || String(port.port) === wanted)
  return found ?? (wanted === '' && ports.length === 1 ? ports[0] : undefined)
}

/** An address that no Pod owns is passed over: who may write EndpointSlices must not reach what is beyond Pods. */
function podsOf(snapshot: Snapshot, slice: EndpointSlice, portName: string): readonly ProxyTarget[] {
  const port = (slice.ports ?? []).find(({ name = '', protocol = 'TCP' }) => name === portName && protocol === 'TCP')
  if (port?.port === undefined) return []
  const number = port.port
  return slice.endpoints.flatMap(({ addresses: [address], conditions, targetRef }) => {
    if (conditions?.ready === false || targetRef?.kind !== 'Pod') return []
    const pod = get(snapshot, 'Pod', `${targetRef.namespace ?? slice.metadata.namespace}/${targetRef.name}`)
    return pod === undefined || pod.status?.podIP !== address ? [] : [{ to: pod, port: number }]
  })
}

export function unavailable(message: string): Refusal {
  return new Refusal(failureStatus(503, 'ServiceUnavailable', message))
}
