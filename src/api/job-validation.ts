import type { Job, JobSpec } from './batch.ts'
import { invalid, notSupported, required, type FieldError, type FieldPath } from './field-error.ts'
import { validateJobPolicies } from './job-policy-validation.ts'
import { equalJSON } from './merge-patch.ts'
import {
  matchesLabelSelector,
  validateAnnotations,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta-validation.ts'
import { validatePodSpec } from './pod-validation.ts'
import { dnsSubdomain } from './syntax.ts'
import { validateNotNegative } from './workload-validation.ts'

export function validateJob(job: Job): readonly FieldError[] {
  return [...validateObjectMeta(job, dnsSubdomain, true), ...validateJobSpec(job.spec, ['spec'])]
}

/** The template stays, but for a Job that has not started: it is suspended. */
export function validateJobUpdate(job: Job, old: Job): readonly FieldError[] {
  const isElastic = job.spec.completionMode === 'Indexed' && job.spec.completions === job.spec.parallelism
  const hasStarted = old.spec.suspend !== true || old.status?.startTime !== undefined
  const fixed: readonly (keyof JobSpec)[] = [
    ...(isElastic ? [] : (['completions'] as const)),
    'selector',
    ...(hasStarted ? (['template'] as const) : []),
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'successPolicy',
  ]
  return [
    ...validateObjectMetaUpdate(job, old),
    ...validateLabels(job.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateJobSpec(job.spec, ['spec']),
    ...fixed
      .filter((field) => !equalJSON(job.spec[field], old.spec[field]))
      .map((field) => invalid(['spec', field], job.spec[field], 'field is immutable')),
  ]
}

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const

/** `path`: of the spec, in a Job or in the template of a CronJob. */
export function validateJobSpec(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { completionMode = 'NonIndexed', completions, parallelism = 1 } = spec
  const errors: FieldError[] = COUNTS.flatMap((field) => [...validateNotNegative([...path, field], spec[field])])
  if (completionMode !== 'NonIndexed' && completionMode !== 'Indexed') {
    errors.push(notSupported([...path, 'completionMode'], completionMode, ['NonIndexed', 'Indexed']))
  }
  if (completionMode === 'Indexed' && completions === undefined) {
    errors.push(required([...path, 'completions'], 'when completion mode is Indexed'))
  }
  if (completionMode === 'Indexed' && parallelism > 100_000) {
    const detail = 'must be less than or equal to 100000 when completion mode is Indexed'
    errors.push(invalid([...path, 'parallelism'], parallelism, detail))
  }
  if (spec.manualSelector === true && spec.selector === undefined) errors.push(required([...path, 'selector']))
  return [...errors, ...validateJobPolicies(spec, path), ...validateTemplate(spec, [...path, 'template'])]
}

function validateTemplate(spec: JobSpec, path: FieldPath): readonly FieldError[] {
  const { template, selector, manualSelector } = spec
  const labels = template.metadata?.labels ?? {}
  const errors = [
    ...validateLabels(labels, [...path, 'metadata', 'labels']),
    ...validateAnnotations(template.metadata?.annotations ?? {}, [...path, 'metadata', 'annotations']),
    ...validatePodSpec(template.spec, [...path, 'spec']),
    ...validateRestartPolicy(spec, [...path, 'spec', 'restartPolicy']),
  ]
  if (manualSelector === true && selector !== undefined && !matchesLabelSelector(selector, labels)) {
    errors.push(invalid([...path, 'metadata', 'labels'], labels, '`selector` does not match template `labels`'))
  }
  return errors
}

/** A Pod that starts again for ever never completes. Nobody asked for it, but it is the default. */
function validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: FieldPath): readonly FieldError[] {
  const { restartPolicy = 'Always' } = template.spec
  if (restartPolicy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (!['OnFailure', 'Never'].includes(restartPolicy)) {
    return [notSupported(path, restartPolicy, ['OnFailure', 'Never'])]
  }
  return podFailurePolicy === undefined || restartPolicy === 'Never'
    ? []
    : [invalid(path, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified')]
}
