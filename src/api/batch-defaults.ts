import type { CronJob, Job, JobSpec } from './batch.ts'
import { setDefaultsPodTemplate } from './pod-defaults.ts'

export function setDefaultsJob(job: Job): Job {
  return { ...job, spec: setDefaultsJobSpec(job.spec) }
}

/** Without either number it is one Pod; with parallelism alone the Pods find out themselves when the work is done. */
function setDefaultsJobSpec(spec: JobSpec): JobSpec {
  const { completions, parallelism } = spec
  return {
    ...spec,
    ...(completions === undefined && parallelism === undefined ? { completions: 1 } : {}),
    parallelism: parallelism ?? 1,
    completionMode: spec.completionMode ?? 'NonIndexed',
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1),
    suspend: spec.suspend ?? false,
    manualSelector: spec.manualSelector ?? false,
    podReplacementPolicy:
      spec.podReplacementPolicy ?? (spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'),
    ...setDefaultsPolicy(spec),
    template: setDefaultsPodTemplate(spec.template),
  }
}

function setDefaultsPolicy({ podFailurePolicy: policy }: JobSpec): Partial<JobSpec> {
  if (policy?.rules === undefined) return {}
  const rules = policy.rules.map((rule) => {
    const { onPodConditions: patterns } = rule
    if (patterns === undefined) return rule
    return { ...rule, onPodConditions: patterns.map((pattern) => ({ ...pattern, status: pattern.status ?? 'True' })) }
  })
  return { podFailurePolicy: { ...policy, rules } }
}

export function setDefaultsCronJob(cronJob: CronJob): CronJob {
  const { spec } = cronJob
  const { template, ...jobSpec } = { ...spec.jobTemplate.spec, ...setDefaultsPolicy(spec.jobTemplate.spec) }
  return {
    ...cronJob,
    spec: {
      ...spec,
      concurrencyPolicy: spec.concurrencyPolicy ?? 'Allow',
      suspend: spec.suspend ?? false,
      successfulJobsHistoryLimit: spec.successfulJobsHistoryLimit ?? 3,
      failedJobsHistoryLimit: spec.failedJobsHistoryLimit ?? 1,
      jobTemplate: { ...spec.jobTemplate, spec: { ...jobSpec, template: setDefaultsPodTemplate(template) } },
    },
  }
}
