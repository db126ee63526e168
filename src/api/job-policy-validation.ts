/** What a Job says about failures and success beyond counting them. */
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from './batch.ts'
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooLong,
  tooMany,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { countIndexes } from './job-indexes.ts'
import { qualifiedName } from './syntax.ts'
import { validateNotNegative } from './workload-validation.ts'

const [MAX_RULES, MAX_EXIT_CODES, MAX_CONDITIONS, MAX_INDEXES_TEXT] = [20, 255, 20, 64 * 1024]
/** With more completions than MANY, less at once: the lists of indexes in the status have to stay short. */
const [MANY, FEWER] = [100_000, 10_000]
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const STATUSES = ['False', 'True', 'Unknown']
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed']
const NOT_INDEXED = 'requires indexed completion mode'

/** `path`: of the spec. */
export function validateJobPolicies(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  return [
    ...validateIndexLimits(spec, path),
    ...validatePodFailurePolicy(spec, [...path, 'podFailurePolicy', 'rules']),
    ...validateSuccessPolicy(spec, [...path, 'successPolicy']),
    ...validateReplacement(spec, [...path, 'podReplacementPolicy']),
  ]
}

function validateIndexLimits(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { backoffLimitPerIndex, maxFailedIndexes, completionMode = 'NonIndexed' } = spec
  const errors: FieldError[] = []
  if (maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined) {
    errors.push(required([...path, 'backoffLimitPerIndex'], 'when maxFailedIndexes is specified'))
  }
  if (completionMode === 'Indexed') return [...errors, ...validateManyIndexes(spec, path)]
  if (completionMode !== 'NonIndexed') return errors
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    if (spec[field] !== undefined) errors.push(invalid([...path, field], spec[field], NOT_INDEXED))
  }
  return errors
}

function validateManyIndexes(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { backoffLimitPerIndex, maxFailedIndexes, completions } = spec
  const errors: FieldError[] = []
  const isAtMost = (field: 'maxFailedIndexes' | 'parallelism', limit: number, detail: string): void => {
    const value = spec[field]
    if (value !== undefined && value > limit) errors.push(invalid([...path, field], value, detail))
  }
  if (completions !== undefined) {
    isAtMost('maxFailedIndexes', completions, 'must be less than or equal to completions')
  }
  isAtMost('maxFailedIndexes', MANY, `must be less than or equal to ${MANY}`)
  if (completions === undefined || completions <= MANY || backoffLimitPerIndex === undefined) return errors
  const detail = `must be less than or equal to ${FEWER} when completions are above ${MANY} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) {
    errors.push(required([...path, 'maxFailedIndexes'], `must be specified when completions is above ${MANY}`))
  }
  isAtMost('parallelism', FEWER, detail)
  isAtMost('maxFailedIndexes', FEWER, detail)
  return errors
}

/** `path`: of the rules. */
function validatePodFailurePolicy(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { rules = [] } = spec.podFailurePolicy ?? {}
  return [
    ...(rules.length > MAX_RULES ? [tooMany(path, rules.length, MAX_RULES)] : []),
    ...rules.flatMap((rule, i) => validateFailureRule(spec, rule, [...path, i])),
  ]
}

function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, path: FieldPath): readonly FieldError[] {
  const { action = '', onExitCodes, onPodConditions = [] } = rule
  const errors = [...validateChoice(action, ACTIONS, [...path, 'action'])]
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid([...path, 'action'], action, 'requires the backoffLimitPerIndex to be set'))
  }
  if (onExitCodes !== undefined) errors.push(...validateOnExitCodes(spec, onExitCodes, [...path, 'onExitCodes']))
  errors.push(...validateOnPodConditions(onPodConditions, [...path, 'onPodConditions']))
  const isBoth = onExitCodes !== undefined && onPodConditions.length > 0
  const isNeither = onExitCodes === undefined && onPodConditions.length === 0
  if (isBoth) {
    errors.push(invalid(path, undefined, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  }
  if (isNeither) {
    errors.push(invalid(path, undefined, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

/** The list as Go prints it: `["In" "NotIn"]`. */
function validateChoice(value: string, allowed: readonly string[], path: FieldPath): readonly FieldError[] {
  if (value === '') return [required(path, `valid values: [${allowed.map((name) => `"${name}"`).join(' ')}]`)]
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

function validateOnExitCodes(
  { template }: JobSpec,
  requirement: PodFailurePolicyOnExitCodesRequirement,
  path: FieldPath,
): readonly FieldError[] {
  const { operator = '', containerName, values = [] } = requirement
  const errors = [...validateChoice(operator, OPERATORS, [...path, 'operator'])]
  const { containers, initContainers = [] } = template.spec
  const names = [...containers, ...initContainers].map(({ name }) => name)
  if (containerName !== undefined && !names.includes(containerName)) {
    const detail = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid([...path, 'containerName'], containerName, detail))
  }
  const at = [...path, 'values']
  if (values.length === 0) errors.push(invalid(at, values, 'at least one value is required'))
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(at, values.length, MAX_EXIT_CODES))
  values.forEach((value, i) => {
    if (operator === 'In' && value === 0) {
      errors.push(invalid([...at, i], value, 'must not be 0 for the In operator'))
    }
    if (values.indexOf(value) < i) errors.push(duplicate([...at, i], value))
  })
  const isOrdered = values.every((value, i) => value >= (values[i - 1] ?? value))
  return isOrdered ? errors : [...errors, invalid(at, values, 'must be ordered')]
}

function validateOnPodConditions(
  patterns: NonNullable<PodFailurePolicyRule['onPodConditions']>,
  path: FieldPath,
): readonly FieldError[] {
  return [
    ...(patterns.length > MAX_CONDITIONS ? [tooMany(path, patterns.length, MAX_CONDITIONS)] : []),
    ...patterns.flatMap(({ type = '', status = 'True' }, i) => [
      ...invalidEach([...path, i, 'type'], type, qualifiedName(type)),
      ...validateChoice(status, STATUSES, [...path, i, 'status']),
    ]),
  ]
}

function validateSuccessPolicy(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { successPolicy, completionMode, completions } = spec
  if (successPolicy === undefined) return []
  if (completionMode !== 'Indexed') return [invalid(path, successPolicy, NOT_INDEXED)]
  const at = [...path, 'rules']
  const { rules = [] } = successPolicy
  const detail = 'at least one rules must be specified when the successPolicy is specified'
  return [
    ...(rules.length === 0 ? [required(at, detail)] : []),
    ...(rules.length > MAX_RULES ? [tooMany(at, rules.length, MAX_RULES)] : []),
    // Without completions there is nothing to hold the rules against, and that is an error of its own.
    ...(completions === undefined
      ? []
      : rules.flatMap((rule, i) => validateSuccessRule(rule, completions, [...at, i]))),
  ]
}

function validateSuccessRule(rule: SuccessPolicyRule, completions: number, path: FieldPath): readonly FieldError[] {
  const { succeededIndexes, succeededCount: count } = rule
  const errors: FieldError[] = []
  if (succeededIndexes === undefined && count === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  }
  const total = succeededIndexes === undefined ? 0 : countIndexes(succeededIndexes, completions)
  if (succeededIndexes !== undefined) {
    const at = [...path, 'succeededIndexes']
    if (succeededIndexes.length > MAX_INDEXES_TEXT) errors.push(tooLong(at, MAX_INDEXES_TEXT))
    if (typeof total === 'string') {
      errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${total}`))
    }
  }
  if (count === undefined) return errors
  const at = [...path, 'succeededCount']
  errors.push(...validateNotNegative(at, count))
  const isAtMost = (limit: number, what: string): void => {
    if (count > limit) errors.push(invalid(at, count, `must be less than or equal to ${limit} (${what})`))
  }
  isAtMost(completions, 'the number of specified completions')
  if (succeededIndexes !== undefined) {
    const limit = typeof total === 'string' ? 0 : total
    isAtMost(limit, 'the number of indexes in the specified succeededIndexes field')
  }
  return errors
}

/** With a podFailurePolicy a Pod is judged by how it has ended: it is not replaced before. */
function validateReplacement(
  { podReplacementPolicy, podFailurePolicy }: JobSpec,
  path: FieldPath,
): readonly FieldError[] {
  if (podReplacementPolicy === undefined) return []
  const allowed = podFailurePolicy === undefined ? REPLACEMENTS : ['Failed']
  return allowed.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, allowed)]
}
