/** `scheduling.k8s.io/v1`: rules of PriorityClasses, and the two that every cluster has. */
import { forbidden, invalid, notSupported, type FieldError } from './field-error.ts'
import type { StoredKinds } from './stored-kinds.ts'

export type PriorityClass = StoredKinds['PriorityClass']

const SYSTEM_PREFIX = 'system-'
const HIGHEST_OF_USERS = 1_000_000_000
const POLICIES = ['Never', 'PreemptLowerPriority']

export const SYSTEM_PRIORITY_CLASSES: readonly PriorityClass[] = [
  systemClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
]

function systemClass(name: string, value: number, description: string): PriorityClass {
  return {
    apiVersion: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    metadata: { name },
    value,
    description,
    preemptionPolicy: 'PreemptLowerPriority',
  }
}

export function validatePriorityClass(given: PriorityClass): readonly FieldError[] {
  const { value = 0, preemptionPolicy, metadata } = given
  const errors: FieldError[] = []
  const why = metadata.name.startsWith(SYSTEM_PREFIX) ? notOfSystem(given) : undefined
  if (why !== undefined) {
    const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${why}`
    errors.push(forbidden(['metadata', 'name'], detail))
  }
  if (!metadata.name.startsWith(SYSTEM_PREFIX) && value > HIGHEST_OF_USERS) {
    errors.push(forbidden(['value'], `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`))
  }
  if (preemptionPolicy !== undefined && !POLICIES.includes(preemptionPolicy)) {
    errors.push(notSupported(['preemptionPolicy'], preemptionPolicy, POLICIES))
  }
  return errors
}

function notOfSystem({ metadata: { name }, value = 0, globalDefault = false }: PriorityClass): string | undefined {
  const known = SYSTEM_PRIORITY_CLASSES.find(({ metadata }) => metadata.name === name)
  if (known === undefined) return `${name} is not a known system priority class`
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}

export function validatePriorityClassUpdate(given: PriorityClass, old: PriorityClass): readonly FieldError[] {
  const errors: FieldError[] = []
  if (given.value !== old.value) errors.push(forbidden(['value'], 'may not be changed in an update.'))
  if (given.preemptionPolicy !== old.preemptionPolicy) {
    errors.push(invalid(['preemptionPolicy'], given.preemptionPolicy, 'field is immutable'))
  }
  return errors
}
