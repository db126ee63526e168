/** `policy/v1`, as far as Portolan reads it. */
import type { IntOrString, LabelSelector, ObjectMeta } from './meta.ts'

export interface PodDisruptionBudget {
  readonly apiVersion: 'policy/v1'
  readonly kind: 'PodDisruptionBudget'
  readonly metadata: ObjectMeta
  readonly spec?: {
    readonly minAvailable?: IntOrString
    readonly maxUnavailable?: IntOrString
    readonly selector?: LabelSelector
  }
  readonly status?: PodDisruptionBudgetStatus
}

export interface PodDisruptionBudgetStatus {
  readonly observedGeneration?: number
  readonly disruptionsAllowed: number
  readonly currentHealthy: number
  readonly desiredHealthy: number
  readonly expectedPods: number
}
