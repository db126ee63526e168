/** podFailurePolicy, backoffLimitPerIndex and successPolicy, with Pods whose programs end as each row says. */
import { describe, expect, test } from 'vitest'
import type { Job, JobSpec, PodFailurePolicyRule, SuccessPolicyRule } from '../api/batch.ts'
import { setDefaultsJob } from '../api/batch-defaults.ts'
import type { Node, Pod } from '../api/core.ts'
import type { Change } from '../model/change.ts'
import { isPodFinished, isPodTerminating } from '../model/endpoints.ts'
import { get, list, objectKey, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { applyChange, reconcileToFixedPoint } from './fixed-point.ts'
import { TEST_CONFIG } from './helpers/test-kubelet.ts'
import { CONTROLLERS } from './index.ts'
import { jobController } from './jobs.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SECOND = 1000
const KEY = 'default/work'
const FAILURES = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count'

/** The exit code of the `attempt`th Pod of an index, from 0; undefined: it runs on. */
type Program = (index: number, attempt: number) => number | undefined

const node: Node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-1' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
}

const indexOf = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? 0)

function kubelet(program: Program): Controller {
  return {
    name: 'kubelet',
    watches: ['Pod'],
    keys: (object) => [objectKey(object)],
    reconcile: (snapshot, key, _config, now) => {
      const pod = get(snapshot, 'Pod', key)
      if (pod?.spec.nodeName === undefined) return []
      const isLeaving = isPodTerminating(pod)
      if (isPodFinished(pod)) return isLeaving ? [{ verb: 'delete', kind: 'Pod', key }] : []
      const before = list(snapshot, 'Pod').filter((other) => isPodFinished(other) && indexOf(other) === indexOf(pod))
      const exitCode = program(indexOf(pod), before.length) ?? (isLeaving ? 143 : undefined)
      if (exitCode === undefined) return []
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed'
      const terminated = { exitCode, reason: phase, finishedAt: new Date(now).toISOString() }
      const ended = { name: 'c', ready: false, restartCount: 0, image: '', imageID: '', state: { terminated } }
      return [{ verb: 'update', object: { ...pod, status: { ...pod.status, phase, containerStatuses: [ended] } } }]
    },
  }
}

function job(spec: Partial<JobSpec>): Job {
  const template = { spec: { restartPolicy: 'Never' as const, containers: [{ name: 'c', image: 'i' }] } }
  return setDefaultsJob({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'default', name: 'work' },
    spec: { template, ...spec },
  })
}

interface Network {
  readonly snapshot: () => Snapshot
  readonly job: () => Job
  readonly change: (...changes: Change[]) => void
  /** When the controller wants to be woken next, in seconds from the start. */
  readonly next: () => number | undefined
  /** Time goes on to that, and on, until nobody waits for anything. */
  readonly finish: () => Network
}

function run(spec: Partial<JobSpec>, program: Program): Network {
  const controllers = [...CONTROLLERS, kubelet(program)]
  let now = START
  let { snapshot } = reconcileToFixedPoint(snapshotOf([node, job(spec)]), controllers, TEST_CONFIG, undefined, now)
  const change = (...changes: Change[]): void => {
    const changed = changes.reduce(applyChange, snapshot)
    snapshot = reconcileToFixedPoint(changed, controllers, TEST_CONFIG, snapshot, now).snapshot
  }
  const network: Network = {
    snapshot: () => snapshot,
    job: () => get(snapshot, 'Job', KEY) as Job,
    change,
    next: () => {
      const moment = jobController.wakeAt?.(snapshot, KEY, now)
      return moment === undefined ? undefined : (moment - START) / SECOND
    },
    finish: () => {
      for (let i = 0, next = network.next(); i < 10 && next !== undefined; i++, next = network.next()) {
        now = START + next * SECOND
        change(...jobController.reconcile(snapshot, KEY, TEST_CONFIG, now))
      }
      return network
    },
  }
  return network
}

const ending = (network: Network): readonly string[] =>
  (network.job().status?.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`)
const both = (reason: string, [first, last] = ['FailureTarget', 'Failed']): readonly string[] => [
  `${first} ${reason}`,
  `${last} ${reason}`,
]
const succeeded = (reason: string): readonly string[] => both(reason, ['SuccessCriteriaMet', 'Complete'])

describe('podFailurePolicy', () => {
  const on = (
    action: NonNullable<PodFailurePolicyRule['action']>,
    values: readonly number[],
    more: PodFailurePolicyRule['onExitCodes'] = {},
  ): PodFailurePolicyRule => ({ action, onExitCodes: { operator: 'In', values, ...more } })
  const once =
    (code: number): Program =>
    (_, attempt) =>
      attempt === 0 ? code : 0

  test.each<readonly [string, readonly PodFailurePolicyRule[], number, readonly string[], number | undefined]>([
    ['no rule: the default', [], 42, both('BackoffLimitExceeded'), 1],
    ['FailJob', [on('FailJob', [41, 42])], 42, both('PodFailurePolicy'), 1],
    ['Ignore', [on('Ignore', [42])], 42, succeeded('CompletionsReached'), undefined],
    ['Count', [on('Count', [42])], 42, both('BackoffLimitExceeded'), 1],
    ['the first rule decides', [on('Count', [42]), on('Ignore', [42])], 42, both('BackoffLimitExceeded'), 1],
    ['another code', [on('FailJob', [41])], 42, both('BackoffLimitExceeded'), 1],
    ['not in', [on('Ignore', [41], { operator: 'NotIn' })], 42, succeeded('CompletionsReached'), undefined],
    ['not not in', [on('Ignore', [42], { operator: 'NotIn' })], 42, both('BackoffLimitExceeded'), 1],
    [
      'a success is no failure',
      [on('FailJob', [42], { operator: 'NotIn' })],
      0,
      succeeded('CompletionsReached'),
      undefined,
    ],
    ['its container', [on('FailJob', [42], { containerName: 'c' })], 42, both('PodFailurePolicy'), 1],
    ['another container', [on('FailJob', [42], { containerName: 'd' })], 42, both('BackoffLimitExceeded'), 1],
  ])('%s', (_name, rules, code, expected, failed) => {
    const done = run({ backoffLimit: 0, podFailurePolicy: { rules } }, once(code)).finish()
    expect(ending(done)).toEqual(expected)
    expect(done.job().status?.failed).toBe(failed)
  })

  test('says which container of which Pod met which rule', () => {
    const rules = [on('Ignore', [1]), on('FailJob', [42])]
    const done = run({ podFailurePolicy: { rules } }, () => 42)
    const [pod] = list(done.snapshot(), 'Pod')
    const message = `Container c for pod ${objectKey(pod as Pod)} failed with exit code 42 matching FailJob rule at index 1`
    expect(done.job().status?.conditions?.map((condition) => condition.message)).toEqual([message, message])
  })

  test.each<readonly [PodFailurePolicyRule['action'], readonly string[]]>([
    ['Ignore', []],
    ['FailJob', both('PodFailurePolicy')],
  ])('by a condition of the Pod: %s', (action = 'Count', expected) => {
    const rules = [{ action, onPodConditions: [{ type: 'DisruptionTarget' }] }]
    const network = run({ backoffLimit: 0, podFailurePolicy: { rules } }, () => undefined)
    const [pod] = list(network.snapshot(), 'Pod') as readonly [Pod]
    const disrupted = [{ type: 'DisruptionTarget', status: 'True' }] as const
    network.change(
      { verb: 'update', object: { ...pod, status: { ...pod.status, conditions: disrupted } } },
      { verb: 'delete', kind: 'Pod', key: objectKey(pod) },
    )
    expect(ending(network)).toEqual(expected)
    const why = `Pod ${objectKey(pod)} has condition DisruptionTarget matching FailJob rule at index 0`
    for (const { message } of network.job().status?.conditions ?? []) expect(message).toBe(why)
  })

  test('a Pod is not replaced before it has ended', () => {
    const spec = { podFailurePolicy: { rules: [] }, completions: 3, parallelism: 2, completionMode: 'Indexed' } as const
    const network = run(spec, () => undefined)
    const [pod] = list(network.snapshot(), 'Pod') as readonly [Pod]
    const leaving: Pod = { ...pod, metadata: { ...pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }
    const before = network.job()
    const more: Job = { ...before, spec: { ...before.spec, parallelism: 3 } }
    const changes = [leaving, more].map((object): Change => ({ verb: 'update', object }))
    const changed = changes.reduce(applyChange, network.snapshot())
    const made = jobController.reconcile(changed, KEY, TEST_CONFIG, START).filter(({ verb }) => verb === 'create')
    expect(made.map((change) => indexOf(('object' in change ? change.object : undefined) as Pod))).toEqual([2])
  })
})

describe('backoffLimitPerIndex', () => {
  const four = { completionMode: 'Indexed', completions: 4, parallelism: 4, backoffLimitPerIndex: 1 } as const
  const failIndex = {
    rules: [{ action: 'FailIndex' as const, onExitCodes: { operator: 'In' as const, values: [42] } }],
  }
  const ignore = { rules: [{ action: 'Ignore' as const, onExitCodes: { operator: 'In' as const, values: [42] } }] }
  const only =
    (...failing: readonly number[]): Program =>
    (index) =>
      failing.includes(index) ? 42 : 0

  test.each<readonly [string, Partial<JobSpec>, Program, readonly string[], object]>([
    ['nobody fails', {}, only(), succeeded('CompletionsReached'), { completedIndexes: '0-3', failedIndexes: '' }],
    [
      'one index is given up, the others go on',
      {},
      only(1),
      both('FailedIndexes'),
      { completedIndexes: '0,2,3', failedIndexes: '1', failed: 2 },
    ],
    [
      'a failure that is made up for',
      {},
      (index, attempt) => (index === 1 && attempt === 0 ? 42 : 0),
      succeeded('CompletionsReached'),
      { completedIndexes: '0-3', failedIndexes: '', failed: 1 },
    ],
    [
      'not one failure is made up for',
      { backoffLimitPerIndex: 0 },
      only(0, 1, 3),
      both('FailedIndexes'),
      { completedIndexes: '2', failedIndexes: '0,1,3', failed: 3 },
    ],
    [
      'as many as may fail',
      { backoffLimitPerIndex: 0, maxFailedIndexes: 2 },
      only(0, 1),
      both('FailedIndexes'),
      { failedIndexes: '0,1', failed: 2 },
    ],
    [
      'too many fail: what still runs is ended, and counts as failed, but not as given up',
      { backoffLimitPerIndex: 0, maxFailedIndexes: 1 },
      (index) => (index === 0 ? undefined : 42),
      both('MaxFailedIndexesExceeded'),
      { failedIndexes: '1-3', failed: 4, active: 0 },
    ],
    [
      'FailIndex gives up at once',
      { backoffLimitPerIndex: 5, podFailurePolicy: failIndex },
      only(2),
      both('FailedIndexes'),
      { completedIndexes: '0,1,3', failedIndexes: '2', failed: 1 },
    ],
    [
      'Ignore counts for nothing',
      { backoffLimitPerIndex: 0, podFailurePolicy: ignore },
      (index, attempt) => (index === 2 && attempt < 2 ? 42 : 0),
      succeeded('CompletionsReached'),
      { completedIndexes: '0-3', failedIndexes: '' },
    ],
    [
      'the limit of the whole Job holds as well',
      { backoffLimit: 0 },
      only(1),
      both('BackoffLimitExceeded'),
      { failed: 1, failedIndexes: '' },
    ],
  ])('%s', (_name, spec, program, expected, status) => {
    const done = run({ ...four, ...spec }, program).finish()
    expect(ending(done)).toEqual(expected)
    expect(done.job().status).toMatchObject(status)
    expect(list(done.snapshot(), 'Pod').every(({ metadata }) => metadata.finalizers === undefined)).toBe(true)
  })

  test('the failed Pod waits for its successor, which carries the count on; each index has a backoff of its own', () => {
    const program: Program = (index) => (index === 1 ? 42 : undefined)
    const network = run({ ...four, backoffLimitPerIndex: 2 }, program)
    const ofOne = (): readonly Pod[] => list(network.snapshot(), 'Pod').filter((pod) => indexOf(pod) === 1)
    const counts = (): readonly (string | undefined)[] =>
      ofOne().map(({ metadata }) => metadata.annotations?.[FAILURES])
    expect(counts()).toEqual(['0'])
    expect(ofOne()[0]?.metadata.finalizers).toHaveLength(1)
    expect(network.job().status?.failed).toBeUndefined()
    expect(network.next()).toBe(10)
    network.finish()
    expect(new Set(counts())).toEqual(new Set(['0', '1', '2']))
    expect(counts()).toHaveLength(3)
    expect(network.job().status).toMatchObject({ failed: 3, failedIndexes: '1', active: 3 })
  })

  test('ignored failures are counted apart, and lengthen the wait', () => {
    const program: Program = (index) => (index === 1 ? 42 : 0)
    const network = run({ ...four, backoffLimitPerIndex: 0, podFailurePolicy: ignore }, program)
    expect(network.next()).toBe(10)
    network.finish()
    const counts = list(network.snapshot(), 'Pod')
      .filter((pod) => indexOf(pod) === 1)
      .map(({ metadata: { annotations } }) => [annotations?.[FAILURES], annotations?.[IGNORED]].join())
    expect(counts).toContain('0,')
    expect(counts).toContain('0,3')
    // 10, 20, 40 ... 320 s, and 10 min from then on.
    expect(network.next()).toBe(630 + 5 * 600)
  })

  test.each<readonly [string, Partial<JobSpec>, string]>([
    ['fewer at once', { parallelism: 1 }, ''],
    ['suspended', { suspend: true }, ''],
  ])('who is ended by the Job itself has not failed: %s', (_name, spec, failedIndexes) => {
    const network = run({ ...four, backoffLimitPerIndex: 0 }, () => undefined)
    const before = network.job()
    network.change({ verb: 'update', object: { ...before, spec: { ...before.spec, ...spec } } })
    expect(network.job().status).toMatchObject({ failedIndexes, terminating: 0 })
    expect(network.job().status?.failed).toBeUndefined()
  })

  test('whom somebody else deletes has', () => {
    const network = run({ ...four, backoffLimitPerIndex: 0 }, () => undefined)
    const [pod] = list(network.snapshot(), 'Pod') as readonly [Pod]
    network.change({ verb: 'delete', kind: 'Pod', key: objectKey(pod) })
    expect(network.job().status).toMatchObject({ failedIndexes: String(indexOf(pod)), failed: 1, active: 3 })
  })
})

describe('successPolicy', () => {
  const five = { completionMode: 'Indexed', completions: 5, parallelism: 5 } as const
  test.each<readonly [readonly SuccessPolicyRule[], readonly number[], number | undefined]>([
    [[{ succeededCount: 2 }], [0], undefined],
    [[{ succeededCount: 2 }], [0, 3], 0],
    [[{ succeededIndexes: '0' }], [1, 2], undefined],
    [[{ succeededIndexes: '0,2-3' }], [0, 2], undefined],
    [[{ succeededIndexes: '0,2-3' }], [0, 2, 3], 0],
    [[{ succeededIndexes: '2-4', succeededCount: 2 }], [0, 1, 2], undefined],
    [[{ succeededIndexes: '2-4', succeededCount: 2 }], [2, 4], 0],
    [[{ succeededIndexes: '0' }, { succeededCount: 1 }], [3], 1],
    [[{ succeededIndexes: '3' }, { succeededCount: 1 }], [3], 0],
  ])('%j with %j', (rules, done, met) => {
    const network = run({ ...five, successPolicy: { rules } }, (index) => (done.includes(index) ? 0 : undefined))
    expect(ending(network)).toEqual(met === undefined ? [] : succeeded('SuccessPolicy'))
    const { status } = network.job()
    expect(status).toMatchObject({ succeeded: done.length, active: met === undefined ? 5 - done.length : 0 })
    expect(status?.failed).toBeUndefined()
    for (const { message } of status?.conditions ?? []) expect(message).toBe(`Matched rules at index ${met}`)
    if (met !== undefined) expect(new Set(list(network.snapshot(), 'Pod').map(indexOf))).toEqual(new Set(done))
  })

  test('all indexes are a success as well', () => {
    const rules = [{ succeededCount: 5 }]
    expect(ending(run({ ...five, successPolicy: { rules } }, () => 0))).toEqual(succeeded('SuccessPolicy'))
  })

  test('a failed Job stays failed', () => {
    const program: Program = (index) => (index === 0 ? 0 : 1)
    const spec = { ...five, backoffLimit: 0, successPolicy: { rules: [{ succeededCount: 1 }] } }
    expect(ending(run(spec, program))).toEqual(both('BackoffLimitExceeded'))
  })
})
