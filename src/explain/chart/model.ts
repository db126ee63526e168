/** What every chart is drawn from, as `--format json` prints it. From manifests alone no address is invented. */
import type { World } from '../trace/world.ts'

export interface ChartModel {
  readonly schemaVersion: 1
  /** `static`: from manifests. `network`: of the running network. */
  readonly mode: World['mode']
  readonly clusterDomain: string
  readonly services: readonly ServiceChart[]
}

export type ChartType = 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'Headless' | 'ExternalName'

export interface ServiceChart {
  readonly namespace: string
  readonly name: string
  readonly type: ChartType
  readonly clusterIP: string | null
  readonly balancerIP: string | null
  readonly externalName: string | null
  readonly externalTrafficPolicy: string
  /** False: a load balancer sends to the Pods themselves. */
  readonly nodePorts: boolean
  readonly sessionAffinity: boolean
  /** How the next endpoint is chosen. */
  readonly algorithm: string
  /** Empty where they are not known. */
  readonly nodes: readonly ChartNode[]
  readonly ports: readonly PortChart[]
}

export interface ChartNode {
  readonly name: string
  readonly address: string | null
}

export interface PortChart {
  /** Empty where it has none. */
  readonly name: string
  readonly port: number
  readonly protocol: string
  /** 0 where there is none. */
  readonly nodePort: number
  readonly targetPort: number | string
  readonly backends: readonly BackendChart[]
  /** Why nothing arrives. */
  readonly problem: { readonly rule: string | null; readonly text: string } | null
}

export interface BackendChart {
  /** `Pod`, the kind of what makes Pods, or `address`. */
  readonly kind: string
  readonly name: string
  /** Of what makes Pods; null where it does not say a number. */
  readonly replicas: number | null
  readonly address: string | null
  readonly node: string | null
  /** Null where it has no port of the name. */
  readonly port: number | null
  readonly ready: boolean
  readonly containers: readonly { readonly name: string; readonly declared: boolean }[]
  /** What was seen in the Pod; null where nobody looked. */
  readonly socket: SocketChart | null
}

export interface SocketChart {
  /** Who listens where: `node (pid 455) *:3000`. */
  readonly listens: string
  /** The number it listens on; null where nothing does. */
  readonly port: number | null
  /** Why it does not take what the Service sends. */
  readonly problem: { readonly rule: string; readonly text: string } | null
}

/** `namespace/name`. */
export function serviceTitle({ namespace, name }: Pick<ServiceChart, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

/** `80`, `53/UDP`. */
export function portText({ port, protocol }: Pick<PortChart, 'port' | 'protocol'>): string {
  return numberText(port, protocol)
}

export function numberText(number: number, protocol: string): string {
  return `${number}${protocol === 'TCP' ? '' : `/${protocol}`}`
}

/** `targetPort 8080`, `targetPort http = 8080`. */
export function targetText({ targetPort, backends, protocol }: PortChart): string {
  if (typeof targetPort === 'number') return `targetPort ${numberText(targetPort, protocol)}`
  const numbers = [...new Set(backends.flatMap(({ port }) => port ?? []))]
  return `targetPort ${targetPort} = ${numbers.length === 0 ? '?' : numbers.map((number) => numberText(number, protocol)).join(' or ')}`
}

/** `Deployment web`, with its replicas; a Pod by its name. */
export function backendTitle({ kind, name }: BackendChart): string {
  return kind === 'Pod' || kind === 'address' ? name : `${kind} ${name}`
}

export function replicasText({ replicas, kind, ready }: BackendChart): string | undefined {
  if (kind === 'Pod') return ready ? undefined : 'not ready'
  if (replicas === null) return kind === 'DaemonSet' ? 'one Pod on every node' : undefined
  return replicas === 1 ? '1 Pod' : `${replicas} Pods`
}

/** The name by which Pods of every namespace call it. */
export function dnsName(service: ServiceChart, clusterDomain: string): string {
  return `${service.name}.${service.namespace}.svc.${clusterDomain}`
}
