/** Makes a Job each time a CronJob is due, and forgets the oldest ones that have ended. */
import type { CronJob, CronJobStatus, Job } from '../api/batch.ts'
import type { AnyObject } from '../api/kinds.ts'
import { parseSchedule, type Schedule } from '../api/schedule.ts'
import { timestamp } from '../lib/clock.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { get, objectKey, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'
import { finishedAt, isJobFinished, jobCondition } from './helpers/job-conditions.ts'
import { dependentsOf, ownerKeys, ownerReference } from './helpers/owners.ts'
import { lastTime, nextTime } from './helpers/schedule-times.ts'

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export const cronJobController: Controller = {
  name: 'cron-jobs',
  watches: ['CronJob', 'Job'],
  keys: (object: AnyObject) => (object.kind === 'CronJob' ? [objectKey(object)] : ownerKeys(object, 'CronJob')),
  reconcile: reconcileCronJob,
  wakeAt(snapshot, key, now) {
    const cronJob = get(snapshot, 'CronJob', key)
    const schedule = cronJob && scheduleOf(cronJob)
    return schedule && nextTime(schedule, cronJob.spec.timeZone, now)
  },
}

function scheduleOf({ spec, metadata }: CronJob): Schedule | undefined {
  const parsed = parseSchedule(spec.schedule)
  const isResting = spec.suspend === true || metadata.deletionTimestamp !== undefined
  return typeof parsed === 'string' || isResting ? undefined : parsed
}

/** `key`: of a CronJob. */
export function reconcileCronJob(
  snapshot: Snapshot,
  key: string,
  _config: ClusterConfig,
  now: number,
): readonly Change[] {
  const cronJob = get(snapshot, 'CronJob', key)
  if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return []
  const jobs = dependentsOf(snapshot, cronJob).filter((object) => object.kind === 'Job')
  const active = jobs.filter((job) => !isJobFinished(job) && job.metadata.deletionTimestamp === undefined)
  const due = dueTime(cronJob, now)
  const start = due === undefined ? [] : startJob(snapshot, cronJob, active, due)
  const isStarted = start.some(({ verb }) => verb === 'create')
  const status = statusOf(cronJob, jobs, active, isStarted ? due : undefined)
  return [...start, ...expired(cronJob, jobs).map(deletionOf), ...updateTo(cronJob, { ...cronJob, status })]
}

/** The last time at which a Job should have been made and was not, if that is not too long ago. */
function dueTime(cronJob: CronJob, now: number): number | undefined {
  const schedule = scheduleOf(cronJob)
  if (schedule === undefined) return undefined
  const { startingDeadlineSeconds, timeZone } = cronJob.spec
  const since = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? timestamp(now))
  const earliest = startingDeadlineSeconds === undefined ? since : Math.max(since, now - startingDeadlineSeconds * 1000)
  return lastTime(schedule, timeZone, earliest, now)
}

function startJob(snapshot: Snapshot, cronJob: CronJob, active: readonly Job[], due: number): readonly Change[] {
  const { concurrencyPolicy } = cronJob.spec
  if (concurrencyPolicy === 'Forbid' && active.length > 0) return []
  const job = buildJob(cronJob, due)
  // It was made already, and the status that says so was lost.
  if (get(snapshot, 'Job', objectKey(job)) !== undefined) return []
  return [...(concurrencyPolicy === 'Replace' ? active.map(deletionOf) : []), { verb: 'create', object: job }]
}

function buildJob(cronJob: CronJob, due: number): Job {
  const { metadata, spec } = cronJob
  const { metadata: template, spec: jobSpec } = spec.jobTemplate
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${metadata.name}-${Math.floor(due / 60_000)}`,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(template?.labels === undefined ? {} : { labels: template.labels }),
      annotations: { ...template?.annotations, [SCHEDULED]: timestamp(due) },
      ownerReferences: [ownerReference(cronJob)],
    },
    spec: jobSpec,
  }
}

function statusOf(
  { status }: CronJob,
  jobs: readonly Job[],
  active: readonly Job[],
  scheduled: number | undefined,
): CronJobStatus {
  const { active: _, ...before } = status ?? {}
  const ends = jobs.flatMap((job) => job.status?.completionTime ?? [])
  const lastSuccess = [...ends, before.lastSuccessfulTime ?? ''].sort().at(-1) ?? ''
  return {
    ...before,
    ...(active.length === 0 ? {} : { active: active.map(referenceTo) }),
    ...(scheduled === undefined ? {} : { lastScheduleTime: timestamp(scheduled) }),
    ...(lastSuccess === '' ? {} : { lastSuccessfulTime: lastSuccess }),
  }
}

function referenceTo({ apiVersion, kind, metadata }: Job): NonNullable<CronJobStatus['active']>[number] {
  const { namespace, name, uid } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
  }
}

/** Those that ended first, beyond the limit of their kind. */
function expired({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec
  const rest = jobs.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const oldest = (type: 'Complete' | 'Failed', limit: number): readonly Job[] => {
    const ended = rest.filter((job) => jobCondition(job, type))
    const sorted = ended.toSorted((a, b) => (finishedAt(a) ?? 0) - (finishedAt(b) ?? 0))
    return sorted.slice(0, Math.max(0, sorted.length - limit))
  }
  return [...oldest('Complete', successfulJobsHistoryLimit), ...oldest('Failed', failedJobsHistoryLimit)]
}
