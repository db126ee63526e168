import type { CronJob } from './batch.ts'
import { invalid, notSupported, required, type FieldError } from './field-error.ts'
import { validateJobSpec } from './job-validation.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { isTimeZone, parseSchedule } from './schedule.ts'
import { dnsSubdomain } from './syntax.ts'
import { validateNotNegative } from './workload-validation.ts'

/** So that the names of its Jobs, with eleven characters more, are labels. */
const MAX_NAME = 52

export function validateCronJob(cronJob: CronJob): readonly FieldError[] {
  const { name } = cronJob.metadata
  return [
    ...validateObjectMeta(cronJob, dnsSubdomain, true),
    ...(name.length > MAX_NAME
      ? [invalid(['metadata', 'name'], name, `must be no more than ${MAX_NAME} characters`)]
      : []),
    ...validateSpec(cronJob),
  ]
}

export function validateCronJobUpdate(cronJob: CronJob, old: CronJob): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(cronJob, old),
    ...validateLabels(cronJob.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateSpec(cronJob),
  ]
}

const POLICIES = ['Allow', 'Forbid', 'Replace']
const COUNTS = ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const

function validateSpec({ spec }: CronJob): readonly FieldError[] {
  const { concurrencyPolicy = 'Allow', jobTemplate } = spec
  const path = ['spec', 'jobTemplate', 'spec']
  return [
    ...validateSchedule(spec.schedule),
    ...validateTimeZone(spec.timeZone),
    ...COUNTS.flatMap((field) => validateNotNegative(['spec', field], spec[field])),
    ...(POLICIES.includes(concurrencyPolicy)
      ? []
      : [notSupported(['spec', 'concurrencyPolicy'], concurrencyPolicy, POLICIES)]),
    ...validateJobSpec(jobTemplate.spec, path),
    ...(jobTemplate.spec.manualSelector === true
      ? [notSupported([...path, 'manualSelector'], true, ['nil', 'false'])]
      : []),
  ]
}

function validateSchedule(schedule: string): readonly FieldError[] {
  const path = ['spec', 'schedule']
  if (schedule === '') return [required(path)]
  if (/TZ=/.test(schedule)) {
    return [invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
  }
  const parsed = parseSchedule(schedule)
  return typeof parsed === 'string' ? [invalid(path, schedule, parsed)] : []
}

function validateTimeZone(timeZone: string | undefined): readonly FieldError[] {
  const path = ['spec', 'timeZone']
  if (timeZone === undefined) return []
  if (timeZone === '') return [invalid(path, timeZone, 'timeZone must be nil or non-empty string')]
  if (timeZone.toLowerCase() === 'local') {
    return [
      invalid(path, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'),
    ]
  }
  return isTimeZone(timeZone) ? [] : [invalid(path, timeZone, `unknown time zone ${timeZone}`)]
}
