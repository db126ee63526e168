/** Whether NetworkPolicies let one connection through, as far as the objects tell. */
import { cidrContains, parseCIDR, parseIP } from '../../lib/ip.ts'
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { objectsOfKind } from '../check/context.ts'
import { isSet, listAt, numberAt, textAt, valueAt, type Path } from '../check/json.ts'
import { matchesSelector, type Labels } from '../check/labels.ts'
import { findNamedPort, type Workload } from '../check/workload.ts'
import type { World } from './world.ts'

export type Direction = 'Ingress' | 'Egress'

/** The other end of the connection. */
export interface Peer {
  /** `elsewhere`: no Pod of the cluster. */
  readonly kind: 'pod' | 'node' | 'elsewhere' | 'unknown'
  readonly namespace?: string
  readonly labels?: Labels
  readonly address?: string | undefined
}

/** The port at the Pod that receives. */
export interface PolicyPort {
  readonly number: number
  readonly protocol: string
  /** Resolves port names; undefined where the receiver is not known. */
  readonly receiver?: Workload | undefined
  /** The Service's own port, which policies are often written for by mistake. */
  readonly servicePort?: number | undefined
}

export interface Judgement {
  readonly verdict: 'free' | 'allowed' | 'denied' | 'unknown'
  /** Those that select the Pod. */
  readonly policies: readonly ManifestObject[]
  /** A rule that would let it through if it named the Pod's port instead of the Service's. */
  readonly mistaken?: { readonly object: ManifestObject; readonly path: Path }
}

type Answer = 'yes' | 'no' | 'unknown'

/** `pod`: the one whose policies count, the sender for Egress and the receiver for Ingress. */
export function judgePolicies(
  world: World,
  direction: Direction,
  pod: { readonly namespace: string; readonly labels: Labels },
  peer: Peer,
  port: PolicyPort,
): Judgement {
  const policies = objectsOfKind(world.context, 'NetworkPolicy').filter(
    (policy) => isFor(policy, direction) && selects(world, policy, pod),
  )
  if (policies.length === 0) return { verdict: 'free', policies }
  const answers = policies.flatMap((policy) =>
    rulesOf(policy, direction).map(({ rule, path }) => judgeRule(world, policy, rule, path, direction, peer, port)),
  )
  if (answers.some(({ answer }) => answer === 'yes')) return { verdict: 'allowed', policies }
  if (answers.some(({ answer }) => answer === 'unknown')) return { verdict: 'unknown', policies }
  const mistaken = answers.find((answer) => answer.mistaken !== undefined)?.mistaken
  return { verdict: 'denied', policies, ...(mistaken && { mistaken }) }
}

function isFor({ value }: ManifestObject, direction: Direction): boolean {
  const types = listAt(value, 'spec', 'policyTypes')
  if (types.length > 0) return types.includes(direction)
  return direction === 'Ingress' || listAt(value, 'spec', 'egress').length > 0
}

function selects(
  { context }: World,
  policy: ManifestObject,
  { namespace, labels }: { readonly namespace: string; readonly labels: Labels },
): boolean {
  return (
    context.namespaceOf(policy) === namespace && matchesSelector(valueAt(policy.value, 'spec', 'podSelector'), labels)
  )
}

function rulesOf({ value }: ManifestObject, direction: Direction): readonly { rule: JsonValue; path: Path }[] {
  const field = direction === 'Ingress' ? 'ingress' : 'egress'
  return listAt(value, 'spec', field).map((rule, i) => ({ rule, path: ['spec', field, i] }))
}

interface RuleAnswer {
  readonly answer: Answer
  readonly mistaken?: Judgement['mistaken']
}

function judgeRule(
  world: World,
  policy: ManifestObject,
  rule: JsonValue,
  path: Path,
  direction: Direction,
  peer: Peer,
  port: PolicyPort,
): RuleAnswer {
  const peers = listAt(rule, direction === 'Ingress' ? 'from' : 'to')
  const answers = peers.map((entry) => matchPeer(world, policy, entry, peer))
  const reached: Answer = peers.length === 0 ? 'yes' : anyOf(answers)
  if (reached === 'no') return { answer: 'no' }
  const ports = listAt(rule, 'ports')
  const matched = ports.map((entry) => matchPort(entry, port))
  const answer: Answer = ports.length === 0 ? 'yes' : anyOf(matched)
  if (answer !== 'no') return { answer: reached === 'unknown' || answer === 'unknown' ? 'unknown' : 'yes' }
  const index = ports.findIndex(
    (entry) => port.servicePort !== undefined && matchPort(entry, { ...port, number: port.servicePort }) === 'yes',
  )
  return index < 0
    ? { answer: 'no' }
    : { answer: 'no', mistaken: { object: policy, path: [...path, 'ports', index, 'port'] } }
}

function anyOf(answers: readonly Answer[]): Answer {
  if (answers.includes('yes')) return 'yes'
  return answers.includes('unknown') ? 'unknown' : 'no'
}

function matchPort(entry: JsonValue, port: PolicyPort): Answer {
  if ((textAt(entry, 'protocol') ?? 'TCP') !== port.protocol) return 'no'
  if (!isSet(entry, 'port')) return 'yes'
  const name = textAt(entry, 'port')
  if (name !== undefined) {
    if (port.receiver === undefined) return 'unknown'
    return findNamedPort(port.receiver, name, port.protocol)?.containerPort === port.number ? 'yes' : 'no'
  }
  const first = numberAt(entry, 'port') ?? 0
  const last = numberAt(entry, 'endPort') ?? first
  return port.number >= first && port.number <= last ? 'yes' : 'no'
}

function matchPeer(world: World, policy: ManifestObject, entry: JsonValue, peer: Peer): Answer {
  const block = textAt(entry, 'ipBlock', 'cidr')
  if (block !== undefined) return matchBlock(block, listAt(entry, 'ipBlock', 'except'), peer)
  if (peer.kind === 'elsewhere') return 'no'
  // A node reaches the Pods that it runs whatever the policies say; from another node it depends.
  if (peer.kind !== 'pod') return 'unknown'
  const namespaced = matchNamespace(world, policy, entry, peer)
  if (namespaced === 'no') return 'no'
  const hasPods = isSet(entry, 'podSelector')
  if (hasPods && !matchesSelector(valueAt(entry, 'podSelector'), peer.labels ?? {})) return 'no'
  return namespaced
}

function matchNamespace(world: World, policy: ManifestObject, entry: JsonValue, { namespace = '' }: Peer): Answer {
  if (!isSet(entry, 'namespaceSelector')) return world.context.namespaceOf(policy) === namespace ? 'yes' : 'no'
  const selector = valueAt(entry, 'namespaceSelector')
  const given = objectsOfKind(world.context, 'Namespace').find(({ name }) => name === namespace)
  const labels = { ...labelsOf(given), 'kubernetes.io/metadata.name': namespace }
  if (matchesSelector(selector, labels)) return 'yes'
  return given === undefined && asksOthers(selector) ? 'unknown' : 'no'
}

function labelsOf(object: ManifestObject | undefined): Labels {
  const labels = object === undefined ? {} : valueAt(object.value, 'metadata', 'labels')
  return typeof labels === 'object' && labels !== null ? (labels as Labels) : {}
}

/** Whether the selector asks for a label that every namespace does not have by itself. */
function asksOthers(selector: JsonValue | undefined): boolean {
  const keys = [
    ...Object.keys(valueAt(selector, 'matchLabels') ?? {}),
    ...listAt(selector, 'matchExpressions').map((entry) => textAt(entry, 'key') ?? ''),
  ]
  return keys.some((key) => key !== 'kubernetes.io/metadata.name')
}

/** Blocks are for addresses outside; whether they match Pods is the plugin's choice. */
function matchBlock(block: string, exceptions: readonly JsonValue[], { kind, address }: Peer): Answer {
  const cidr = parseCIDR(block)
  if (cidr === undefined) return 'no'
  const ip = address === undefined ? undefined : parseIP(address)
  if (ip === undefined) return cidr.prefixLength === 0 && exceptions.length === 0 ? 'yes' : 'unknown'
  const isInside = (text: JsonValue): boolean => {
    const range = typeof text === 'string' ? parseCIDR(text) : undefined
    return range !== undefined && cidrContains(range, ip)
  }
  if (!isInside(block) || exceptions.some(isInside)) return 'no'
  return kind === 'pod' && cidr.prefixLength > 0 ? 'unknown' : 'yes'
}
