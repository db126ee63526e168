/** Jobs and CronJobs with a kubelet whose Pods end as their image says. */
import { describe, expect, test } from 'vitest'
import type { CronJob, Job, JobSpec } from '../api/batch.ts'
import type { Node, Pod } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { cronJobController } from './cron-jobs.ts'
import { applyChange, reconcileToFixedPoint } from './fixed-point.ts'
import { CONTROLLERS } from './index.ts'
import { jobController } from './jobs.ts'
import { TEST_CONFIG } from './helpers/test-kubelet.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SECOND = 1000

/** Images: `works`, `fails`, `stays`. What is to go fails first, as with a program that is told to end. */
const kubelet: Controller = {
  name: 'kubelet',
  watches: ['Pod'],
  keys: (object) => [objectKey(object)],
  reconcile: (snapshot, key, _config, now) => {
    const pod = get(snapshot, 'Pod', key)
    if (pod?.spec.nodeName === undefined) return []
    const image = pod.spec.containers[0]?.image
    const isLeaving = isPodTerminating(pod)
    if (isPodFinished(pod)) return isLeaving ? [{ verb: 'delete', kind: 'Pod', key }] : []
    if (image === 'stays' && !isLeaving) return []
    const phase = image === 'works' ? 'Succeeded' : 'Failed'
    const terminated = { exitCode: 0, reason: phase, finishedAt: new Date(now).toISOString() }
    const ended = { name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } }
    return [{ verb: 'update', object: { ...pod, status: { ...pod.status, phase, containerStatuses: [ended] } } }]
  },
}

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

function job(image: string, spec: Partial<JobSpec> = {}): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image }] } }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'default', name: 'work' },
    spec: {
      parallelism: 1,
      ...(spec.parallelism === undefined ? { completions: 1 } : {}),
      backoffLimit: 6,
      template,
      ...spec,
    },
  }
}

const settle = (snapshot: Snapshot, now = START, previous?: Snapshot): Snapshot =>
  reconcileToFixedPoint(snapshot, [...CONTROLLERS, kubelet], TEST_CONFIG, previous, now).snapshot
const change = (before: Snapshot, now: number, ...changes: Change[]): Snapshot =>
  settle(changes.reduce(applyChange, before), now, before)
const run = (...objects: Parameters<typeof snapshotOf>[0] extends Iterable<infer T> ? T[] : never): Snapshot =>
  settle(snapshotOf([node, ...objects]))

const stored = (snapshot: Snapshot): Job => {
  const found = get(snapshot, 'Job', 'default/work')
  if (found === undefined) throw new Error('gone')
  return found
}
const conditions = (snapshot: Snapshot): readonly string[] =>
  (stored(snapshot).status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason}`)
const phases = (snapshot: Snapshot): readonly string[] =>
  list(snapshot, 'Pod').map(({ status }) => status?.phase ?? 'Pending')

/** Time goes on to when the controller wants to be woken, and it is. */
function wake(snapshot: Snapshot, now: number, key = 'default/work', controller = jobController): Snapshot {
  const changes = controller.reconcile(snapshot, key, TEST_CONFIG, now)
  return change(snapshot, now, ...changes)
}

describe('a Job', () => {
  test('runs until it has succeeded', () => {
    const done = run(job('works'))
    expect(phases(done)).toEqual(['Succeeded'])
    expect(conditions(done)).toEqual(['SuccessCriteriaMet True CompletionsReached', 'Complete True CompletionsReached'])
    expect(stored(done).status).toMatchObject({
      startTime: '2026-01-01T00:00:00Z',
      completionTime: '2026-01-01T00:00:00Z',
      succeeded: 1,
      active: 0,
    })
    expect(list(done, 'Pod')[0]?.metadata.finalizers).toBeUndefined()
    expect(settle(done)).toBe(done)
  })

  test.each<readonly [string, Partial<JobSpec>, number]>([
    ['five, two at once', { completions: 5, parallelism: 2 }, 5],
    ['three, ten at once', { completions: 3, parallelism: 10 }, 3],
    ['a queue: the first success ends it', { parallelism: 3 }, 3],
    ['none at once', { completions: 5, parallelism: 0 }, 0],
    ['none at all', { completions: 0 }, 0],
  ])('%s', (_name, spec, pods) => {
    expect(phases(run(job('works', spec)))).toEqual(Array.from({ length: pods }, () => 'Succeeded'))
  })

  test('never more at once than asked for', () => {
    expect(list(run(job('stays', { completions: 5, parallelism: 2 })), 'Pod')).toHaveLength(2)
    const fewer = run(job('stays', { completions: 5, parallelism: 3 }))
    const spec = { ...stored(fewer).spec, parallelism: 1 }
    expect(list(change(fewer, START, { verb: 'update', object: { ...stored(fewer), spec } }), 'Pod')).toHaveLength(1)
  })

  test('indexed: each index once, with its number in name, host, label and environment', () => {
    const done = run(job('works', { completions: 4, parallelism: 2, completionMode: 'Indexed' }))
    expect(stored(done).status).toMatchObject({ succeeded: 4, completedIndexes: '0-3' })
    const third = list(done, 'Pod').find(({ metadata }) => metadata.name.startsWith('work-2-'))
    expect(third?.spec.hostname).toBe('work-2')
    expect(third?.metadata.annotations).toEqual({ 'batch.kubernetes.io/job-completion-index': '2' })
    expect(third?.spec.containers[0]?.env).toEqual([
      {
        name: 'JOB_COMPLETION_INDEX',
        valueFrom: {
          fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
        },
      },
    ])
  })

  test('failures are made up for after 10 s, then 20 s, and no further than the limit', () => {
    const one = run(job('fails', { backoffLimit: 2 }))
    expect(phases(one)).toEqual(['Failed'])
    expect(jobController.wakeAt?.(one, 'default/work', START)).toBe(START + 10 * SECOND)
    expect(phases(wake(one, START + 9 * SECOND))).toEqual(['Failed'])
    const two = wake(one, START + 10 * SECOND)
    expect(phases(two)).toEqual(['Failed', 'Failed'])
    expect(jobController.wakeAt?.(two, 'default/work', START + 10 * SECOND)).toBe(START + 30 * SECOND)
    const three = wake(two, START + 30 * SECOND)
    expect(phases(three)).toEqual(['Failed', 'Failed', 'Failed'])
    expect(conditions(three)).toEqual(['FailureTarget True BackoffLimitExceeded', 'Failed True BackoffLimitExceeded'])
    expect(stored(three).status).toMatchObject({ failed: 3, active: 0 })
    expect(stored(three).status?.completionTime).toBeUndefined()
  })

  test('a deadline ends it, with its Pods', () => {
    const waiting = run(job('stays', { activeDeadlineSeconds: 5 }))
    expect(jobController.wakeAt?.(waiting, 'default/work', START)).toBe(START + 5 * SECOND)
    const over = wake(waiting, START + 5 * SECOND)
    expect(conditions(over)).toEqual(['FailureTarget True DeadlineExceeded', 'Failed True DeadlineExceeded'])
    expect(phases(over)).toEqual([])
  })

  test('goes itself when its time has come', () => {
    const done = run(job('works', { ttlSecondsAfterFinished: 60 }))
    expect(jobController.wakeAt?.(done, 'default/work', START)).toBe(START + 60 * SECOND)
    const after = wake(done, START + 60 * SECOND)
    expect([list(after, 'Job'), list(after, 'Pod')]).toEqual([[], []])
  })

  test('suspended: its Pods go and are no failures; resumed, it starts anew', () => {
    const running = run(job('stays', { backoffLimit: 0 }))
    const suspend = (value: boolean, at: Snapshot): Snapshot =>
      change(at, START + SECOND, {
        verb: 'update',
        object: { ...stored(at), spec: { ...stored(at).spec, suspend: value } },
      })
    const suspended = suspend(true, running)
    expect([phases(suspended), conditions(suspended)]).toEqual([[], ['Suspended True JobSuspended']])
    expect(stored(suspended).status?.failed).toBeUndefined()
    expect(stored(suspended).status?.startTime).toBeUndefined()
    const resumed = suspend(false, suspended)
    expect([phases(resumed).length, conditions(resumed)]).toEqual([1, ['Suspended False JobResumed']])
    expect(stored(resumed).status?.startTime).toBe('2026-01-01T00:00:01Z')
  })

  test('a Pod that was counted may go without being missed', () => {
    const [first] = list(run(job('works', { completions: 2 })), 'Pod')
    const half = run(job('works', { completions: 2, parallelism: 0 }))
    expect(first).toBeDefined()
    const counted = change(half, START, {
      verb: 'update',
      object: {
        ...stored(half),
        status: { ...stored(half).status, succeeded: 1 },
        spec: { ...stored(half).spec, parallelism: 1 },
      },
    })
    expect(stored(counted).status).toMatchObject({ succeeded: 2 })
    expect(list(counted, 'Pod')).toHaveLength(1)
  })

  test('deleted: its Pods are let go', () => {
    const running = run(job('stays', { completions: 2, parallelism: 2 }))
    expect(list(running, 'Pod').every(({ metadata }) => metadata.finalizers?.length === 1)).toBe(true)
    expect(list(change(running, START, { verb: 'delete', kind: 'Job', key: 'default/work' }), 'Pod')).toEqual([])
  })

  test('a Pod that somebody deletes is replaced', () => {
    const running = run(job('stays'))
    const [pod] = list(running, 'Pod')
    const after = change(running, START, { verb: 'delete', kind: 'Pod', key: objectKey(pod as Pod) })
    expect(stored(after).status).toMatchObject({ failed: 1, active: 1 })
  })
})

describe('a CronJob', () => {
  const created = '2026-01-01T00:00:30Z'
  function cronJob(image: string, spec: Partial<CronJob['spec']> = {}): CronJob {
    return {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { namespace: 'default', name: 'tick', creationTimestamp: created },
      spec: { schedule: '* * * * *', jobTemplate: { spec: job(image).spec }, ...spec },
    }
  }
  const KEY = 'default/tick'
  const MINUTE = 60 * SECOND
  const names = (snapshot: Snapshot): readonly string[] => list(snapshot, 'Job').map(({ metadata }) => metadata.name)
  const tick = (snapshot: Snapshot, now: number): Snapshot => wake(snapshot, now, KEY, cronJobController)
  const first = Math.floor(START / MINUTE) + 1
  const ticks = (image: string, spec: Partial<CronJob['spec']>, count: number): Snapshot => {
    let now = settle(snapshotOf([node, cronJob(image, spec)]), START + 30 * SECOND)
    for (let i = 1; i <= count; i++) now = tick(now, START + i * MINUTE)
    return now
  }

  test('waits for its minute, and names its Job after it', () => {
    const waiting = ticks('works', {}, 0)
    expect(names(waiting)).toEqual([])
    expect(cronJobController.wakeAt?.(waiting, KEY, START + 30 * SECOND)).toBe(START + MINUTE)
    const once = tick(waiting, START + MINUTE)
    expect(names(once)).toEqual([`tick-${first}`])
    expect(get(once, 'CronJob', KEY)?.status).toEqual({
      lastScheduleTime: '2026-01-01T00:01:00Z',
      lastSuccessfulTime: '2026-01-01T00:01:00Z',
    })
    expect(names(tick(once, START + MINUTE + SECOND))).toEqual(names(once))
  })

  test('keeps three that succeeded and one that failed, the latest', () => {
    expect(names(ticks('works', {}, 5))).toEqual([first + 2, first + 3, first + 4].map((n) => `tick-${n}`))
    const spec = { ...job('fails', { backoffLimit: 0 }).spec }
    expect(names(ticks('fails', { jobTemplate: { spec } }, 3))).toEqual([`tick-${first + 2}`])
    expect(names(ticks('works', { successfulJobsHistoryLimit: 0 }, 2))).toEqual([])
  })

  test.each<readonly [CronJob['spec']['concurrencyPolicy'], readonly number[]]>([
    ['Allow', [0, 1, 2]],
    ['Forbid', [0]],
    ['Replace', [2]],
  ])('while the last one runs: %s', (concurrencyPolicy, expected) => {
    const after = ticks('stays', { ...(concurrencyPolicy && { concurrencyPolicy }) }, 3)
    expect(names(after)).toEqual(expected.map((i) => `tick-${first + i}`))
    expect(get(after, 'CronJob', KEY)?.status?.active).toHaveLength(expected.length)
  })

  test('suspended: nothing is made and nobody is woken', () => {
    const suspended = ticks('works', { suspend: true }, 3)
    expect(names(suspended)).toEqual([])
    expect(cronJobController.wakeAt?.(suspended, KEY, START)).toBeUndefined()
  })

  test('what was missed is made up for once, unless it is too late', () => {
    const late = tick(ticks('works', {}, 0), START + 10 * MINUTE + 5 * SECOND)
    expect(names(late)).toEqual([`tick-${first + 9}`])
    const deadline = ticks('works', { startingDeadlineSeconds: 3 }, 0)
    expect(names(tick(deadline, START + 10 * MINUTE + 5 * SECOND))).toEqual([])
  })
})
