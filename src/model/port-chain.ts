/** The chain of every Service port: nodePort -> port -> targetPort = containerPort, and what is wrong with it. */
import type { Pod, Protocol, Service, ServicePort, ServiceType } from '../api/core.ts'
import type { IntOrString } from '../api/meta.ts'
import { endpointSlicesOf, isEndpoint, isHeadless, isPodFinished, isPodReady, isPodTerminating } from './endpoints.ts'
import { resolvePodPort, targetPortOf } from './find-port.ts'
import { chainProblems, type ChainProblem } from './port-chain-problems.ts'
import { hasSelector, selectPods } from './selectors.ts'
import { list, objectKey, type Snapshot } from './snapshot.ts'

export interface PortChain {
  readonly service: { readonly namespace: string; readonly name: string }
  readonly type: ServiceType
  /** The port's name; empty for a single unnamed port. */
  readonly portName: string
  readonly protocol: Protocol
  /** Empty for a headless Service. */
  readonly clusterIPs: readonly string[]
  readonly loadBalancerIPs: readonly string[]
  readonly externalIPs: readonly string[]
  /** 0 where there is none. */
  readonly nodePort: number
  readonly port: number
  readonly targetPort: IntOrString
  /** The selected Pods that have not ended, in order of name; for a Service without selector its endpoints. */
  readonly backends: readonly PortChainBackend[]
  readonly problems: readonly ChainProblem[]
}

export interface PortChainBackend {
  /** Absent for an address that somebody wrote by hand. */
  readonly pod?: { readonly namespace: string; readonly name: string }
  readonly node?: string
  readonly ip?: string
  /** Absent where the Pod has no port of the name that targetPort asks for. */
  readonly containerPort?: number
  readonly containerPortName?: string
  /** The container that declares the port. */
  readonly container?: string
  readonly ready: boolean
}

/** All Services except ExternalName, which lead to a name and to no port. In order of namespace, name, port. */
export function portChains(snapshot: Snapshot): readonly PortChain[] {
  return list(snapshot, 'Service').flatMap((service) => serviceChains(snapshot, service))
}

/** The chains of one Service, in the order of its ports. */
export function serviceChains(snapshot: Snapshot, service: Service): readonly PortChain[] {
  if (service.spec.type === 'ExternalName') return []
  const pods = selectPods(snapshot, service).filter((pod) => !isPodFinished(pod))
  return (service.spec.ports ?? []).map((port) => {
    const backends = hasSelector(service)
      ? pods.map((pod) => podBackend(pod, port, service.spec.publishNotReadyAddresses === true))
      : sliceBackends(snapshot, service, port)
    return { ...frontOf(service, port), backends, problems: chainProblems(service, port, backends) }
  })
}

function frontOf(service: Service, port: ServicePort): Omit<PortChain, 'backends' | 'problems'> {
  const { spec, status, metadata } = service
  const { clusterIP = '', clusterIPs = [clusterIP] } = spec
  return {
    service: { namespace: metadata.namespace ?? '', name: metadata.name },
    type: spec.type ?? 'ClusterIP',
    portName: port.name ?? '',
    protocol: port.protocol ?? 'TCP',
    clusterIPs: isHeadless(service) ? [] : clusterIPs,
    loadBalancerIPs: (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []),
    externalIPs: spec.externalIPs ?? [],
    nodePort: port.nodePort ?? 0,
    port: port.port,
    targetPort: targetPortOf(port),
  }
}

function podBackend(pod: Pod, servicePort: ServicePort, publishNotReady: boolean): PortChainBackend {
  const port = resolvePodPort(pod, servicePort)
  const podIP = isEndpoint(pod) ? pod.status?.podIP : undefined
  const { nodeName } = pod.spec
  return {
    pod: { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name },
    ...(nodeName === undefined ? {} : { node: nodeName }),
    ...(podIP === undefined ? {} : { ip: podIP }),
    ...(port === undefined ? {} : { containerPort: port.number }),
    ...(port?.name === undefined ? {} : { containerPortName: port.name }),
    ...(port?.container === undefined ? {} : { container: port.container }),
    ready: podIP !== undefined && (publishNotReady || (isPodReady(pod) && !isPodTerminating(pod))),
  }
}

function sliceBackends(snapshot: Snapshot, service: Service, port: ServicePort): readonly PortChainBackend[] {
  return endpointSlicesOf(snapshot, objectKey(service)).flatMap((slice) => {
    const target = (slice.ports ?? []).find(
      (candidate) =>
        (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    )
    return slice.endpoints.flatMap(({ addresses: [ip], nodeName, conditions, targetRef }) => {
      if (ip === undefined || target === undefined) return []
      const pod =
        targetRef?.kind === 'Pod' ? { namespace: targetRef.namespace ?? '', name: targetRef.name ?? '' } : undefined
      return [
        {
          ip,
          ...(pod === undefined ? {} : { pod }),
          ...(nodeName === undefined ? {} : { node: nodeName }),
          ...(target.port === undefined ? {} : { containerPort: target.port }),
          ready: conditions?.ready ?? true,
        },
      ]
    })
  })
}
