/**
 * What a Pod would like, and what Pods and nodes would like of it: preferred affinities, spread, taints that only prefer.
 * Each from 0 to 100, and weighed as the scheduler's plugins are.
 */
import type { Node, Pod, PodAffinityTerm } from '../../api/core.ts'
import { countDislikes, preferenceFor } from '../../model/node-fit.ts'
import { countByDomain, countMatching } from './pod-census.ts'
import { constraintsOf, spreadCounts, type Surroundings } from './pod-placement.ts'

type Score = (node: Node) => number

/** In the default profile taints weigh 3, the others 2. */
const TAINT_WEIGHT = 1.5

/** Scores of `candidates`, in their order: the higher the better; undefined where the Pod has no wishes. */
export function placementScores(
  around: Surroundings,
  pod: Pod,
  candidates: readonly Node[],
): readonly number[] | undefined {
  const isPlain = pod.spec.affinity === undefined && pod.spec.topologySpreadConstraints === undefined
  const isLiked = candidates.every(({ spec }) => spec?.taints === undefined)
  if (isPlain && isLiked && around.wishes.isEmpty()) return undefined
  const wishes = [nodeScore(pod), affinityScore(around, pod), spreadScore(around, pod)].flatMap((score) =>
    score === undefined ? [] : [normalized(candidates.map(score))],
  )
  const dislikes = normalized(candidates.map((node) => -countDislikes(pod.spec, node)))
  const scores = [...wishes, ...(isLiked ? [] : [dislikes.map((score) => TAINT_WEIGHT * score)])]
  if (scores.length === 0) return undefined
  return candidates.map((_node, i) => scores.reduce((sum, score) => sum + (score[i] ?? 0), 0))
}

function normalized(values: readonly number[]): readonly number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  return values.map((value) => (most === least ? 0 : Math.floor((100 * (value - least)) / (most - least))))
}

function nodeScore({ spec }: Pod): Score | undefined {
  const { preferredDuringSchedulingIgnoredDuringExecution: preferred = [] } = spec.affinity?.nodeAffinity ?? {}
  return preferred.length === 0 ? undefined : (node) => preferenceFor(spec, node)
}

function affinityScore({ snapshot, nodes, census, wishes }: Surroundings, pod: Pod): Score | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const far = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const weigh = (weight: number, term: PodAffinityTerm): Score => {
    const counts = countByDomain(countMatching(snapshot, census, pod, [term]), nodes, term.topologyKey)
    return ({ metadata }) => weight * (counts.get(metadata.labels?.[term.topologyKey] ?? '') ?? 0)
  }
  const scores = [
    ...near.map(({ weight, podAffinityTerm }) => weigh(weight, podAffinityTerm)),
    ...far.map(({ weight, podAffinityTerm }) => weigh(-weight, podAffinityTerm)),
    ...wishes.of(pod),
  ]
  return scores.length === 0 ? undefined : (node) => scores.reduce((sum, score) => sum + score(node), 0)
}

/** Few Pods are good; a domain counts the more, the more domains its key has. A node without the key is the worst. */
function spreadScore(around: Surroundings, pod: Pod): Score | undefined {
  const constraints = constraintsOf(pod, 'ScheduleAnyway')
  if (constraints.length === 0) return undefined
  const domains = constraints.map((constraint) => {
    const counts = spreadCounts(around, pod, constraint, constraints)
    return { key: constraint.topologyKey, counts, weight: Math.log(counts.size + 2), worst: sum(counts.values()) + 1 }
  })
  return ({ metadata: { labels = {} } }) =>
    -sum(domains.map(({ key, counts, weight, worst }) => weight * (counts.get(labels[key] ?? '') ?? worst)))
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)
