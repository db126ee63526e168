import type { CronJob, Job } from '../../../api/batch.ts'
import { ageOf, columns, humanDuration, orNone, type Printer } from './printer.ts'
import { template } from './workloads.ts'

export const jobs: Printer<Job> = {
  columns: columns(['Name', 'Status', 'Completions', 'Duration', 'Age'], ['Containers', 'Images', 'Selector']),
  cells: (job, now) => [
    job.metadata.name,
    statusOf(job),
    completionsOf(job),
    durationOf(job, now),
    ageOf(job.metadata.creationTimestamp, now),
    ...template(job.spec.template.spec.containers, job.spec.selector ?? {}),
  ],
}

export const cronjobs: Printer<CronJob> = {
  columns: columns(
    ['Name', 'Schedule', 'Timezone', 'Suspend', 'Active#', 'Last Schedule', 'Age'],
    ['Containers', 'Images', 'Selector'],
  ),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.schedule,
    orNone(spec.timeZone),
    spec.suspend === true ? 'True' : 'False',
    status?.active?.length ?? 0,
    status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, now),
    ageOf(metadata.creationTimestamp, now),
    ...template(spec.jobTemplate.spec.template.spec.containers, spec.jobTemplate.spec.selector ?? {}),
  ],
}

function hasCondition({ status }: Job, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}

function statusOf(job: Job): string {
  const [end] = ['Complete', 'Failed'].filter((type) => hasCondition(job, type))
  if (end !== undefined) return end
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  const [state] = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].filter((type) => hasCondition(job, type))
  return state ?? 'Running'
}

function completionsOf({ spec, status }: Job): string {
  const { completions, parallelism = 0 } = spec
  const succeeded = status?.succeeded ?? 0
  if (completions !== undefined) return `${succeeded}/${completions}`
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function durationOf({ status }: Job, now: number): string {
  const { startTime, completionTime, conditions = [] } = status ?? {}
  if (startTime === undefined) return ''
  const failed = conditions.find(({ type, status: value }) => type === 'Failed' && value === 'True')
  const end = completionTime ?? failed?.lastTransitionTime
  return humanDuration(Math.floor(((end === undefined ? now : Date.parse(end)) - Date.parse(startTime)) / 1000))
}
