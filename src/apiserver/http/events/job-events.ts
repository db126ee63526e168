/** What Jobs and the CronJobs behind them tell. */
import type { Job } from '../../../api/batch.ts'
import { managerOf, ownerObject, referenceTo, type EventDraft } from './draft.ts'

/** On Jobs that the controller made, not `kubectl create job --from`. */
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export function jobEvents(job: Job, previous: Job | undefined, isDeleted: boolean): readonly EventDraft[] {
  return [...cronEvents(job, previous, isDeleted), ...(isDeleted ? [] : conditionEvents(job, previous))]
}

function conditionOf(
  { status }: Job,
  wanted: string,
): NonNullable<NonNullable<Job['status']>['conditions']>[number] | undefined {
  return status?.conditions?.find(({ type }) => type === wanted)
}

function conditionEvents(job: Job, previous: Job | undefined): readonly EventDraft[] {
  const events: EventDraft[] = []
  const tell = (type: EventDraft['type'], reason: string, message: string, time: string | undefined): void => {
    events.push({
      type,
      reason,
      message,
      component: 'job-controller',
      object: referenceTo(job),
      ...(time === undefined ? {} : { time }),
    })
  }
  const changed = (type: string): ReturnType<typeof conditionOf> => {
    const now = conditionOf(job, type)
    return now?.status === (previous && conditionOf(previous, type)?.status) ? undefined : now
  }
  const [complete, failed, suspended] = [changed('Complete'), changed('Failed'), changed('Suspended')]
  if (complete !== undefined) tell('Normal', 'Completed', 'Job completed', complete.lastTransitionTime)
  if (failed !== undefined) {
    tell('Warning', failed.reason ?? 'Failed', failed.message ?? '', failed.lastTransitionTime)
  }
  if (suspended?.status === 'True') tell('Normal', 'Suspended', 'Job suspended', suspended.lastTransitionTime)
  if (suspended?.status === 'False') tell('Normal', 'Resumed', 'Job resumed', suspended.lastTransitionTime)
  return events
}

function cronEvents(job: Job, previous: Job | undefined, isDeleted: boolean): readonly EventDraft[] {
  const owner = managerOf(job)
  if (owner?.kind !== 'CronJob') return []
  const { name, namespace, creationTimestamp } = job.metadata
  const common = {
    type: 'Normal',
    component: 'cronjob-controller',
    object: ownerObject(owner, namespace),
  } as const
  if (isDeleted) return [{ ...common, reason: 'SuccessfulDelete', message: `Deleted job ${name}` }]
  const time = creationTimestamp === undefined ? {} : { time: creationTimestamp }
  const isOurs = job.metadata.annotations?.[SCHEDULED] !== undefined
  const created: readonly EventDraft[] =
    previous === undefined && isOurs
      ? [{ ...common, reason: 'SuccessfulCreate', message: `Created job ${name}`, ...time }]
      : []
  const end = ['Complete', 'Failed'].find(
    (type) =>
      conditionOf(job, type) !== undefined && (previous === undefined || conditionOf(previous, type) === undefined),
  )
  const message = `Saw completed job: ${name}, condition: ${end}`
  return end === undefined ? created : [...created, { ...common, reason: 'SawCompletedJob', message }]
}
