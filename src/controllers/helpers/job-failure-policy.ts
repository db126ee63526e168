/** What a Job's podFailurePolicy makes of a Pod that has failed. */
import type {
  Job,
  PodFailurePolicyAction,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
} from '../../api/batch.ts'
import type { ContainerStatus, Pod } from '../../api/core.ts'

export interface PodFailure {
  readonly action: PodFailurePolicyAction
  /** What matched which rule. */
  readonly message: string
}

/** By the first rule that matches; undefined: the failure is handled as without a policy. */
export function matchPodFailurePolicy({ spec }: Job, pod: Pod): PodFailure | undefined {
  for (const [i, rule] of (spec.podFailurePolicy?.rules ?? []).entries()) {
    const { action } = rule
    const match = matchOf(rule, pod)
    if (action !== undefined && match !== undefined) {
      return { action, message: `${match} matching ${action} rule at index ${i}` }
    }
  }
  return undefined
}

/** Whether the failure of the Pod is one of those that a limit holds down. */
export function isCounted(job: Job, pod: Pod): boolean {
  return matchPodFailurePolicy(job, pod)?.action !== 'Ignore'
}

function matchOf({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, pod: Pod): string | undefined {
  const { conditions = [], containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`
  if (onExitCodes !== undefined) {
    const match = [...containerStatuses, ...initContainerStatuses].find((status) => isExitMatched(status, onExitCodes))
    if (match === undefined) return undefined
    return `Container ${match.name} for pod ${name} failed with exit code ${match.state.terminated?.exitCode}`
  }
  const condition = conditions.find(({ type, status }) =>
    onPodConditions.some((pattern) => pattern.type === type && pattern.status === status),
  )
  return condition === undefined ? undefined : `Pod ${name} has condition ${condition.type}`
}

/** A container that has ended well matches nothing, whatever the operator. */
function isExitMatched(
  { name, state }: ContainerStatus,
  { containerName = name, operator, values = [] }: PodFailurePolicyOnExitCodesRequirement,
): boolean {
  const { exitCode = 0 } = state.terminated ?? {}
  return containerName === name && exitCode !== 0 && values.includes(exitCode) === (operator === 'In')
}
