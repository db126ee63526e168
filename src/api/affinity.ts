/** Where a Pod is to go: parts of its spec. */
import type { LabelSelector } from './meta.ts'

export interface Affinity {
  readonly nodeAffinity?: {
    readonly requiredDuringSchedulingIgnoredDuringExecution?: {
      readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
    }
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
      readonly weight: number
      readonly preference: NodeSelectorTerm
    }[]
  }
  readonly podAffinity?: PodAffinity
  readonly podAntiAffinity?: PodAffinity
}

/** Near which Pods, or away from which. */
export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[]
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
    readonly weight: number
    readonly podAffinityTerm: PodAffinityTerm
  }[]
}

/** The Pods that `labelSelector` finds in the namespaces; near is where nodes have the same value of `topologyKey`. */
export interface PodAffinityTerm extends KeyedSelector {
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: LabelSelector
  readonly topologyKey: string
  readonly mismatchLabelKeys?: readonly string[]
}

/** `matchLabelKeys`: labels of which a Pod must have the value that the Pod with the selector has. */
export interface KeyedSelector {
  readonly labelSelector?: LabelSelector
  readonly matchLabelKeys?: readonly string[]
}

export interface TopologySpreadConstraint extends KeyedSelector {
  readonly maxSkew: number
  readonly minDomains?: number
  readonly topologyKey: string
  readonly whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'
  readonly nodeAffinityPolicy?: 'Honor' | 'Ignore'
  readonly nodeTaintsPolicy?: 'Honor' | 'Ignore'
}

/** All of its requirements must be met; of several terms one is enough. */
export interface NodeSelectorTerm {
  /** Of the node's labels. */
  readonly matchExpressions?: readonly NodeSelectorRequirement[]
  /** Of the node's fields: `metadata.name`. */
  readonly matchFields?: readonly NodeSelectorRequirement[]
}

export interface NodeSelectorRequirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt'
  readonly values?: readonly string[]
}
