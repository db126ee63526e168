/** Counts Pods by node for selectors, each selector once in a round of the scheduler. */
import type { KeyedSelector, Node, Pod, PodAffinityTerm } from '../../api/core.ts'
import type { LabelSelector, LabelSelectorRequirement } from '../../api/meta.ts'
import { isPodFinished, isPodTerminating } from '../../model/endpoints.ts'
import { get, list, type Snapshot } from '../../model/snapshot.ts'
import { matchLabelSelector } from '../../model/selectors.ts'

/** Name of a node -> how many Pods. */
type CountByNode = ReadonlyMap<string, number>

export interface PodCensus {
  /** Of all Pods with a node that have not ended; `key` names the question, equal ones are counted once. */
  count(key: string, matches: (pod: Pod) => boolean): CountByNode
  /** A Pod that this round gave a node. */
  add(pod: Pod): void
}

export function createPodCensus(snapshot: Snapshot): PodCensus {
  const known = new Map<string, { readonly counts: Map<string, number>; readonly matches: (pod: Pod) => boolean }>()
  const placed: Pod[] = []
  const countIn = (counts: Map<string, number>, matches: (pod: Pod) => boolean, pod: Pod): void => {
    const { nodeName } = pod.spec
    if (nodeName === undefined || isPodFinished(pod) || !matches(pod)) return
    counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1)
  }
  return {
    count(key, matches) {
      const before = known.get(key)
      if (before !== undefined) return before.counts
      const counts = new Map<string, number>()
      for (const pod of [...list(snapshot, 'Pod'), ...placed]) countIn(counts, matches, pod)
      known.set(key, { counts, matches })
      return counts
    },
    add(pod) {
      placed.push(pod)
      for (const { counts, matches } of known.values()) countIn(counts, matches, pod)
    },
  }
}

/** The Pods that the selector of `owner` finds in its own namespace and that will stay. */
export function countStaying(census: PodCensus, owner: Pod, asked: KeyedSelector): CountByNode {
  const { namespace } = owner.metadata
  const selector = selectorOf(owner, asked)
  const key = JSON.stringify(['staying', namespace, selector])
  return census.count(
    key,
    (pod) =>
      pod.metadata.namespace === namespace &&
      !isPodTerminating(pod) &&
      matchLabelSelector(selector, pod.metadata.labels),
  )
}

/** The Pods that match every one of the terms of `owner`, those that are ending among them. */
export function countMatching(
  snapshot: Snapshot,
  census: PodCensus,
  owner: Pod,
  terms: readonly PodAffinityTerm[],
): CountByNode {
  const matchers = terms.map((term) => matcherOf(snapshot, owner, term))
  const key = JSON.stringify(terms.map((term) => termKey(owner, term)))
  return census.count(key, (pod) => matchers.every((matches) => matches(pod)))
}

/** What two Pods' terms have in common when they ask for the same Pods. */
export function termKey(owner: Pod, { namespaces = [], namespaceSelector, ...asked }: PodAffinityTerm): string {
  return JSON.stringify([owner.metadata.namespace, namespaces, namespaceSelector, selectorOf(owner, asked)])
}

export function matcherOf(snapshot: Snapshot, owner: Pod, term: PodAffinityTerm): (pod: Pod) => boolean {
  const { namespaces = [], namespaceSelector } = term
  const selector = selectorOf(owner, term)
  const isOwn = namespaces.length === 0 && namespaceSelector === undefined
  const named = new Set(isOwn ? [owner.metadata.namespace ?? ''] : namespaces)
  const isIn = (namespace: string): boolean =>
    named.has(namespace) ||
    (namespaceSelector !== undefined &&
      matchLabelSelector(namespaceSelector, get(snapshot, 'Namespace', namespace)?.metadata.labels))
  return ({ metadata }) => isIn(metadata.namespace ?? '') && matchLabelSelector(selector, metadata.labels)
}

export function selectorOf(
  { metadata }: Pod,
  asked: KeyedSelector & Pick<Partial<PodAffinityTerm>, 'mismatchLabelKeys'>,
): LabelSelector | undefined {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = asked
  const requirement =
    (operator: 'In' | 'NotIn') =>
    (key: string): readonly LabelSelectorRequirement[] => {
      const value = metadata.labels?.[key]
      return value === undefined ? [] : [{ key, operator, values: [value] }]
    }
  const more = [...matchLabelKeys.flatMap(requirement('In')), ...mismatchLabelKeys.flatMap(requirement('NotIn'))]
  if (labelSelector === undefined || more.length === 0) return labelSelector
  return { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...more] }
}

/** Value of a topology key -> how many of the counted Pods run on `nodes` with it; 0 where there are nodes and no Pods. */
export function countByDomain(
  counts: CountByNode,
  nodes: readonly Node[],
  topologyKey: string,
): ReadonlyMap<string, number> {
  const domains = new Map<string, number>()
  for (const { metadata } of nodes) {
    const domain = metadata.labels?.[topologyKey]
    if (domain !== undefined) domains.set(domain, (domains.get(domain) ?? 0) + (counts.get(metadata.name) ?? 0))
  }
  return domains
}
