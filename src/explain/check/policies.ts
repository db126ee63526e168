/** NetworkPolicies: whom they select, and what they let through. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { isJsonObject, type JsonValue } from '../../manifest/node.ts'
import { type CheckContext, objectsOfKind } from './context.ts'
import { labelsAt, listAt, numberAt, type Path, textAt, valueAt } from './json.ts'
import { append, matchesSelector } from './labels.ts'
import type { Workload } from './workload.ts'

export interface PolicyPort {
  readonly path: Path
  readonly port: number | string | undefined
  readonly endPort: number | undefined
  readonly protocol: string
}

export interface PolicyRule {
  readonly path: Path
  /** Empty: all of them. */
  readonly ports: readonly PolicyPort[]
  /** Empty: everybody. */
  readonly peers: readonly JsonValue[]
}

export interface Policy {
  readonly object: ManifestObject
  readonly namespace: string
  readonly name: string
  readonly selector: JsonValue | undefined
  /** Undefined where the policy does not touch the direction. */
  readonly ingress: readonly PolicyRule[] | undefined
  readonly egress: readonly PolicyRule[] | undefined
}

function readRules(object: ManifestObject, direction: 'ingress' | 'egress'): readonly PolicyRule[] {
  return listAt(object.value, 'spec', direction).map((rule, i) => ({
    path: ['spec', direction, i],
    ports: listAt(rule, 'ports').map((port, j) => {
      const value = valueAt(port, 'port')
      return {
        path: ['spec', direction, i, 'ports', j],
        port: typeof value === 'number' || typeof value === 'string' ? value : undefined,
        endPort: numberAt(port, 'endPort'),
        protocol: textAt(port, 'protocol') ?? 'TCP',
      }
    }),
    peers: listAt(rule, direction === 'ingress' ? 'from' : 'to'),
  }))
}

function readPolicy(object: ManifestObject, namespace: string): Policy {
  const types = listAt(object.value, 'spec', 'policyTypes')
  const hasEgress = types.length > 0 ? types.includes('Egress') : valueAt(object.value, 'spec', 'egress') !== undefined
  const hasIngress = types.length === 0 || types.includes('Ingress')
  return {
    object,
    namespace,
    name: object.name ?? '',
    selector: valueAt(object.value, 'spec', 'podSelector'),
    ingress: hasIngress ? readRules(object, 'ingress') : undefined,
    egress: hasEgress ? readRules(object, 'egress') : undefined,
  }
}

interface PolicyIndex {
  readonly all: readonly Policy[]
  readonly selected: ReadonlyMap<Policy, readonly Workload[]>
  readonly applying: ReadonlyMap<Workload, readonly Policy[]>
}

const indexOf = new WeakMap<CheckContext, PolicyIndex>()

/** Put together once. */
function policyIndex(context: CheckContext): PolicyIndex {
  const known = indexOf.get(context)
  if (known !== undefined) return known
  const all = objectsOfKind(context, 'NetworkPolicy')
    .filter(({ apiVersion }) => apiVersion.startsWith('networking.k8s.io/'))
    .map((object) => readPolicy(object, context.namespaceOf(object)))
  const selected = new Map<Policy, readonly Workload[]>()
  const applying = new Map<Workload, Policy[]>()
  for (const policy of all) {
    const candidates = context.workloadIndex.find(policy.namespace, labelsAt(policy.selector, 'matchLabels'))
    const workloads = candidates.filter((workload) => appliesTo(policy, workload))
    selected.set(policy, workloads)
    for (const workload of workloads) append(applying, workload, policy)
  }
  const index = { all, selected, applying }
  indexOf.set(context, index)
  return index
}

export function policies(context: CheckContext): readonly Policy[] {
  return policyIndex(context).all
}

/** Pods on the network of the node are beyond policies. */
export function appliesTo(policy: Policy, workload: Workload): boolean {
  return (
    policy.namespace === workload.namespace &&
    !workload.hostNetwork &&
    matchesSelector(policy.selector, workload.labels)
  )
}

export function selectedByPolicy(context: CheckContext, policy: Policy): readonly Workload[] {
  return policyIndex(context).selected.get(policy) ?? []
}

/** The policies that select Pods of the workload, in the order of the input. */
export function policiesFor(context: CheckContext, workload: Workload): readonly Policy[] {
  return policyIndex(context).applying.get(workload) ?? []
}

/** Whether the entry lets a packet to this number through; `name` is what the port is called in the Pod. */
export function allowsPort(entry: PolicyPort, port: number, protocol: string, name: string): boolean {
  if (entry.protocol !== protocol) return false
  if (entry.port === undefined) return true
  if (typeof entry.port === 'string') return entry.port === name
  return entry.endPort === undefined ? entry.port === port : port >= entry.port && port <= entry.endPort
}

/** The namespaces that a peer may mean: by the label that each namespace has by itself, else any. */
export function isPeer(policy: Policy, peer: JsonValue, workload: Workload): boolean {
  if (!isJsonObject(peer) || valueAt(peer, 'ipBlock') !== undefined) return false
  const namespaces = valueAt(peer, 'namespaceSelector')
  const isHere =
    namespaces === undefined
      ? workload.namespace === policy.namespace
      : matchesSelector(namespaces, { 'kubernetes.io/metadata.name': workload.namespace })
  const pods = valueAt(peer, 'podSelector')
  return isHere && (pods === undefined || matchesSelector(pods, workload.labels))
}

/** The workloads that a peer means, in the order of the input. */
export function peerWorkloads(context: CheckContext, policy: Policy, peer: JsonValue): readonly Workload[] {
  const namespaces = valueAt(peer, 'namespaceSelector')
  const named = labelsAt(namespaces, 'matchLabels')['kubernetes.io/metadata.name']
  const namespace = namespaces === undefined ? policy.namespace : named
  const candidates =
    namespace === undefined
      ? context.workloads
      : context.workloadIndex.find(namespace, labelsAt(valueAt(peer, 'podSelector'), 'matchLabels'))
  return candidates.filter((workload) => isPeer(policy, peer, workload))
}
