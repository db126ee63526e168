/** Whether a node may take a Pod: its selector, its node affinity, and the node's taints. */
import type { Node, NodeSelectorRequirement, NodeSelectorTerm, PodSpec, Taint, Toleration } from '../api/core.ts'
import { matchLabels } from './selectors.ts'

/** Selector and required affinity. */
export function matchesNode({ nodeSelector = {}, affinity }: PodSpec, node: Node): boolean {
  const { nodeSelectorTerms } = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {}
  return (
    matchLabels(nodeSelector, node.metadata.labels) &&
    (nodeSelectorTerms === undefined || nodeSelectorTerms.some((term) => matchesTerm(term, node)))
  )
}

/** The weights of the preferred terms that the node meets. */
export function preferenceFor({ affinity }: PodSpec, node: Node): number {
  return (affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ preference }) => matchesTerm(preference, node))
    .reduce((sum, { weight }) => sum + weight, 0)
}

/** A term without requirements matches nothing. */
function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, { metadata }: Node): boolean {
  const { labels = {}, name } = metadata
  return (
    matchExpressions.length + matchFields.length > 0 &&
    matchExpressions.every((requirement) => isMet(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => isMet(requirement, requirement.key === 'metadata.name' ? name : undefined))
  )
}

function isMet({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      operator satisfies never
      return false
  }
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** A taint of one of the effects that the Pod does not tolerate. A cordoned node counts as tainted. */
export function untoleratedTaint(spec: PodSpec, node: Node, effects: readonly Taint['effect'][]): Taint | undefined {
  const taints = [...(node.spec?.taints ?? []), ...(node.spec?.unschedulable === true ? [UNSCHEDULABLE] : [])]
  return taints.find((taint) => effects.includes(taint.effect) && !isTolerated(spec, taint))
}

/** How many taints would rather not have the Pod. */
export function countDislikes(spec: PodSpec, { spec: { taints = [] } = {} }: Node): number {
  return taints.filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(spec, taint)).length
}

function isTolerated({ tolerations = [] }: PodSpec, taint: Taint): boolean {
  return tolerations.some((toleration) => tolerates(toleration, taint))
}

function tolerates({ key = '', operator = 'Equal', value = '', effect = '' }: Toleration, taint: Taint): boolean {
  if (effect !== '' && effect !== taint.effect) return false
  if (key === '') return operator === 'Exists'
  return key === taint.key && (operator === 'Exists' || value === (taint.value ?? ''))
}
