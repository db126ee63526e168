/** What Pods that have a node would like of those to come: preferred affinity holds both ways. */
import type { Node, Pod, PodAffinityTerm } from '../../api/core.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { matcherOf, termKey } from './pod-census.ts'

export interface PodWishes {
  isEmpty(): boolean
  /** A Pod that this round gave a node. */
  add(pod: Pod): void
  /** What each wish that is about the Pod says of a node. */
  of(pod: Pod): readonly ((node: Node) => number)[]
}

/** Equal wishes of many Pods are one question. */
interface Wish {
  readonly topologyKey: string
  readonly isMeant: (pod: Pod) => boolean
  /** By value of the topology key. */
  readonly weights: Map<string, number>
}

/** Who must have certain Pods near would have more of them near too, a little. */
const WEIGHT_OF_REQUIRED = 1

export const hasWishes = (pod: Pod): boolean => termsOf(pod).length > 0

export function createPodWishes(snapshot: Snapshot, nodes: readonly Node[], wishers: Iterable<Pod>): PodWishes {
  const labelsOf = new Map(nodes.map(({ metadata: { name, labels = {} } }) => [name, labels]))
  const wishes = new Map<string, Wish>()
  const add = (pod: Pod): void => {
    for (const { weight, term } of termsOf(pod)) {
      const { topologyKey } = term
      const domain = labelsOf.get(pod.spec.nodeName ?? '')?.[topologyKey]
      if (domain === undefined) continue
      const key = `${topologyKey} ${termKey(pod, term)}`
      const wish = wishes.get(key) ?? { topologyKey, isMeant: matcherOf(snapshot, pod, term), weights: new Map() }
      wishes.set(key, wish)
      wish.weights.set(domain, (wish.weights.get(domain) ?? 0) + weight)
    }
  }
  for (const pod of wishers) add(pod)
  return {
    isEmpty: () => wishes.size === 0,
    add,
    of: (pod) =>
      [...wishes.values()]
        .filter(({ isMeant }) => isMeant(pod))
        .map(
          ({ topologyKey, weights }) =>
            ({ metadata }) =>
              weights.get(metadata.labels?.[topologyKey] ?? '') ?? 0,
        ),
  }
}

function termsOf({ spec }: Pod): readonly { readonly weight: number; readonly term: PodAffinityTerm }[] {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (podAffinity === undefined && podAntiAffinity === undefined) return []
  const required = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const far = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  return [
    ...required.map((term) => ({ weight: WEIGHT_OF_REQUIRED, term })),
    ...near.map(({ weight, podAffinityTerm: term }) => ({ weight, term })),
    ...far.map(({ weight, podAffinityTerm: term }) => ({ weight: -weight, term })),
  ]
}
