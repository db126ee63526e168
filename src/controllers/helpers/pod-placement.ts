/** What Pods ask of each other's places: affinity, anti-affinity, spread. Only for Pods that ask, and where Pods do. */
import type { Node, Pod, PodAffinityTerm, TopologySpreadConstraint } from '../../api/core.ts'
import { matchesNode, untoleratedTaint } from '../../model/node-fit.ts'
import { matchLabelSelector } from '../../model/selectors.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { countByDomain, countMatching, countStaying, matcherOf, selectorOf, termKey } from './pod-census.ts'
import type { PodCensus } from './pod-census.ts'
import type { PodWishes } from './pod-wishes.ts'

/** Where a Pod is to go. `keepers`: Pods with a node that keep others away; `wishes`: what Pods with a node would like. */
export interface Surroundings {
  readonly snapshot: Snapshot
  readonly nodes: readonly Node[]
  readonly census: PodCensus
  readonly keepers: readonly Pod[]
  readonly wishes: PodWishes
}

/** Why the Pods around keep a Pod from a node, in the scheduler's words; undefined where they do not. */
export type PlacementObstacle = (node: Node) => string | undefined

export const requiredTerms = (pod: Pod, side: 'podAffinity' | 'podAntiAffinity'): readonly PodAffinityTerm[] =>
  pod.spec.affinity?.[side]?.requiredDuringSchedulingIgnoredDuringExecution ?? []

/** Whether the place of the Pod depends on those of others. */
export function asksOfPods({ spec }: Pod): boolean {
  const { affinity, topologySpreadConstraints = [] } = spec
  return (
    affinity?.podAffinity !== undefined ||
    affinity?.podAntiAffinity !== undefined ||
    topologySpreadConstraints.length > 0
  )
}

/** Whether Pods that have a node may keep others away. */
export const keepsAway = (pod: Pod): boolean => requiredTerms(pod, 'podAntiAffinity').length > 0

/** Undefined: no Pod has a say in where this one goes. */
export function placementObstacle(around: Surroundings, pod: Pod): PlacementObstacle | undefined {
  const isAsking = asksOfPods(pod)
  if (!isAsking && around.keepers.length === 0) return undefined
  const rules = [
    ...(isAsking ? [spreadRule(around, pod), affinityRule(around, pod), antiAffinityRule(around, pod)] : []),
    existingRule(around, pod),
  ].filter((rule) => rule !== undefined)
  if (rules.length === 0) return undefined
  return (node) => {
    for (const rule of rules) {
      const reason = rule(node)
      if (reason !== undefined) return reason
    }
    return undefined
  }
}

function affinityRule({ snapshot, nodes, census }: Surroundings, pod: Pod): PlacementObstacle | undefined {
  const terms = requiredTerms(pod, 'podAffinity')
  if (terms.length === 0) return undefined
  const counts = countMatching(snapshot, census, pod, terms)
  const domains = terms.map(({ topologyKey }) => ({ topologyKey, counts: countByDomain(counts, nodes, topologyKey) }))
  // The first of a set that wants to be together has nobody to follow.
  const isFirst =
    domains.every((domain) => [...domain.counts.values()].every((count) => count === 0)) &&
    terms.every((term) => matcherOf(snapshot, pod, term)(pod))
  const isMet = (node: Node): boolean =>
    domains.every(({ topologyKey, counts: found }) => {
      const domain = node.metadata.labels?.[topologyKey]
      return domain !== undefined && (isFirst || (found.get(domain) ?? 0) > 0)
    })
  return (node) => (isMet(node) ? undefined : "node(s) didn't match pod affinity rules")
}

function antiAffinityRule({ snapshot, nodes, census }: Surroundings, pod: Pod): PlacementObstacle | undefined {
  const terms = requiredTerms(pod, 'podAntiAffinity')
  if (terms.length === 0) return undefined
  const taken = terms.map((term) => ({
    key: term.topologyKey,
    counts: countByDomain(countMatching(snapshot, census, pod, [term]), nodes, term.topologyKey),
  }))
  return ({ metadata: { labels = {} } }) =>
    taken.some(({ key, counts }) => (counts.get(labels[key] ?? '') ?? 0) > 0)
      ? "node(s) didn't match pod anti-affinity rules"
      : undefined
}

/** Anti-affinity holds both ways: who is there keeps away whom it does not want beside it. */
function existingRule({ snapshot, nodes, keepers }: Surroundings, pod: Pod): PlacementObstacle | undefined {
  if (keepers.length === 0) return undefined
  const labelsOf = new Map(nodes.map(({ metadata: { name, labels = {} } }) => [name, labels]))
  const answers = new Map<string, boolean>()
  const closed = new Set<string>()
  for (const owner of keepers) {
    for (const term of requiredTerms(owner, 'podAntiAffinity')) {
      const domain = labelsOf.get(owner.spec.nodeName ?? '')?.[term.topologyKey]
      const pair = `${term.topologyKey}=${domain}`
      if (domain === undefined || closed.has(pair)) continue
      const key = termKey(owner, term)
      const isUnwanted = answers.get(key) ?? matcherOf(snapshot, owner, term)(pod)
      answers.set(key, isUnwanted)
      if (isUnwanted) closed.add(pair)
    }
  }
  if (closed.size === 0) return undefined
  return ({ metadata }) =>
    Object.entries(metadata.labels ?? {}).some(([key, value]) => closed.has(`${key}=${value}`))
      ? "node(s) didn't satisfy existing pods anti-affinity rules"
      : undefined
}

const SPREAD = "node(s) didn't match pod topology spread constraints"

function spreadRule(around: Surroundings, pod: Pod): PlacementObstacle | undefined {
  const constraints = constraintsOf(pod, 'DoNotSchedule')
  if (constraints.length === 0) return undefined
  const checks = constraints.map((constraint) => {
    const counts = spreadCounts(around, pod, constraint, constraints)
    const isEnough = counts.size >= (constraint.minDomains ?? 1)
    const least = isEnough ? Math.min(...counts.values()) : 0
    const self = matchLabelSelector(selectorOf(pod, constraint), pod.metadata.labels) ? 1 : 0
    return { ...constraint, counts, most: constraint.maxSkew + least - self }
  })
  return ({ metadata: { labels = {} } }) => {
    for (const { topologyKey, counts, most } of checks) {
      const domain = labels[topologyKey]
      if (domain === undefined) return `${SPREAD} (missing required label)`
      if ((counts.get(domain) ?? 0) > most) return SPREAD
    }
    return undefined
  }
}

export function constraintsOf(
  { spec }: Pod,
  action: TopologySpreadConstraint['whenUnsatisfiable'],
): readonly TopologySpreadConstraint[] {
  return (spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === action)
}

/** Pods by domain, among the nodes that have the keys of all constraints and that the Pod may use. */
export function spreadCounts(
  { nodes, census }: Surroundings,
  pod: Pod,
  constraint: TopologySpreadConstraint,
  all: readonly TopologySpreadConstraint[],
): ReadonlyMap<string, number> {
  const { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore', topologyKey } = constraint
  const counted = nodes.filter(
    (node) =>
      all.every((other) => node.metadata.labels?.[other.topologyKey] !== undefined) &&
      (nodeAffinityPolicy === 'Ignore' || matchesNode(pod.spec, node)) &&
      (nodeTaintsPolicy === 'Ignore' || untoleratedTaint(pod.spec, node, ['NoSchedule', 'NoExecute']) === undefined),
  )
  return countByDomain(countStaying(census, pod, constraint), counted, topologyKey)
}
