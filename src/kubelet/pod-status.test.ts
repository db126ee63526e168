import { describe, expect, test } from 'vitest'
import type { Container, Pod, PodSpec } from '../api/core.ts'
import { startRecord, type ContainerRecord } from './container-record.ts'
import { podActions } from './pod-actions.ts'
import { podStatus } from './pod-status.ts'

/** One letter a container: what it does now. */
const LETTERS: Readonly<Record<string, Partial<ContainerRecord>>> = {
  s: { phase: 'starting' },
  r: { phase: 'running', started: true, ready: true },
  /** Runs, and its startup probe has not passed. */
  u: { phase: 'running' },
  /** Ended with 0. */
  e: { phase: 'terminated', exit: { exitCode: 0 }, finishedAt: 1000 },
  /** Failed, for the first time. */
  f: { phase: 'terminated', exit: { exitCode: 1 }, finishedAt: 1000 },
  /** Failed, and its 10 s of back-off have begun. */
  b: {
    phase: 'terminated',
    exit: { exitCode: 1 },
    finishedAt: 1000,
    restartCount: 1,
    backOff: { delay: 10_000, restartedAt: 500 },
  },
  c: { phase: 'refused', refusal: { reason: 'CreateContainerConfigError', message: 'no', retryAt: 9000 } },
}

const NOW = 2000
const init: Container = { name: 'init' }
const sidecar: Container = { name: 'side', restartPolicy: 'Always' }
const [a, b]: readonly [Container, Container] = [{ name: 'a' }, { name: 'b' }]

function podOf(spec: Partial<PodSpec>): Pod {
  const metadata = { name: 'p', namespace: 'default', uid: 'u' }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'node-1', containers: [a, b], ...spec } }
}

/** `letters`: one for each container, init containers first; `-` has no record yet. */
function recordsOf(pod: Pod, letters: string): Map<string, ContainerRecord> {
  const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ name }) => name)
  return new Map(
    names.flatMap((name, index) => {
      const part = LETTERS[letters[index] ?? '-']
      return part === undefined ? [] : [[name, { ...startRecord(undefined, 500), ...part }] as const]
    }),
  )
}

type Row = [spec: Partial<PodSpec>, letters: string, phase: string, start: string, rest?: string]
const [always, onFailure, never]: readonly Partial<PodSpec>[] = [
  {},
  { restartPolicy: 'OnFailure' },
  { restartPolicy: 'Never' },
]
const [withInit, neverInit] = [{ initContainers: [init] }, { initContainers: [init], restartPolicy: 'Never' as const }]
const withSide = { initContainers: [sidecar, init] }
const jobSide = { initContainers: [sidecar], restartPolicy: 'Never' as const }

const rows: readonly Row[] = [
  [{ ...always }, '--', 'Pending', 'a b'],
  [{ ...always }, 'ss', 'Pending', ''],
  [{ ...always }, 'rs', 'Pending', ''],
  [{ ...always }, 'rr', 'Running', ''],
  [{ ...always }, 're', 'Running', 'b'],
  [{ ...always }, 'ff', 'Running', 'a b'],
  [{ ...always }, 'rb', 'Running', '', 'back-off b, wake 11000'],
  [{ ...always }, 'bb', 'Running', '', 'back-off a b, wake 11000'],
  [{ ...always }, 'rc', 'Pending', '', 'wake 9000'],
  [{ ...onFailure }, 're', 'Running', ''],
  [{ ...onFailure }, 'ee', 'Succeeded', '', 'finished'],
  [{ ...onFailure }, 'ef', 'Running', 'b'],
  [{ ...onFailure }, 'eb', 'Running', '', 'back-off b, wake 11000'],
  [{ ...never }, 'ee', 'Succeeded', '', 'finished'],
  [{ ...never }, 'ef', 'Failed', '', 'finished'],
  [{ ...never }, 'rf', 'Running', ''],
  [withInit, '---', 'Pending', 'init'],
  [withInit, 'r--', 'Pending', ''],
  [withInit, 'f--', 'Pending', 'init'],
  [withInit, 'b--', 'Pending', '', 'back-off init, wake 11000'],
  [withInit, 'e--', 'Pending', 'a b'],
  [withInit, 'err', 'Running', ''],
  [neverInit, 'f--', 'Failed', '', 'finished'],
  [neverInit, 'eee', 'Succeeded', '', 'finished'],
  [withSide, '----', 'Pending', 'side'],
  [withSide, 's---', 'Pending', ''],
  [withSide, 'r---', 'Pending', 'init'],
  [withSide, 'f---', 'Pending', 'side'],
  [withSide, 're--', 'Pending', 'a b'],
  [withSide, 'rerr', 'Running', ''],
  [withSide, 'ferr', 'Running', 'side'],
  [withSide, 'berr', 'Running', '', 'back-off side, wake 11000'],
  [jobSide, 'rre', 'Running', ''],
  [jobSide, 'ree', 'Running', '', 'stop side'],
  [jobSide, 'fee', 'Succeeded', '', 'finished'],
  [jobSide, 'eef', 'Failed', '', 'finished'],
]

const names = (containers: readonly { readonly name: string }[]): string => containers.map(({ name }) => name).join(' ')

test.each(rows)('%j %s: %s, start [%s] %s', (spec, letters, phase, start, rest = '') => {
  const pod = podOf(spec)
  const records = recordsOf(pod, letters)
  const actions = podActions(pod, records, NOW)
  const { backingOff, finished, stop, wakeAt } = actions
  const others = [
    backingOff.size > 0 && `back-off ${[...backingOff.keys()].join(' ')}`,
    wakeAt !== undefined && `wake ${wakeAt}`,
    stop.length > 0 && `stop ${names(stop)}`,
    finished && 'finished',
  ]
  expect([names(actions.start), others.filter(Boolean).join(', ')]).toEqual([start, rest])
  const state = { records, backingOff, terminal: finished, startedAt: 0 }
  expect(podStatus(pod, state, NOW).phase).toBe(phase)
})

const sandbox = { podIP: '10.244.1.2', hostIP: '192.168.1.100' }
const statusOf = (spec: Partial<PodSpec>, letters: string, before: Pod['status'] = {}) => {
  const pod = { ...podOf(spec), status: before }
  const records = recordsOf(pod, letters)
  const { backingOff, finished } = podActions(pod, records, NOW)
  return podStatus(pod, { records, backingOff, sandbox, terminal: finished, startedAt: 0 }, NOW)
}

describe('conditions', () => {
  test.each<[Partial<PodSpec>, string, Record<string, string>]>([
    [{}, 'rr', { Initialized: 'True', ContainersReady: 'True', Ready: 'True' }],
    [{}, 'rs', { Initialized: 'True', Ready: 'False ContainersNotReady containers with unready status: [b]' }],
    [withInit, 'r--', { Initialized: 'False ContainersNotInitialized containers with incomplete status: [init]' }],
    [withInit, 'err', { Initialized: 'True', Ready: 'True' }],
    [withSide, 'rerr', { Initialized: 'True', Ready: 'True' }],
    [
      withSide,
      'ferr',
      { Initialized: 'True', Ready: 'False ContainersNotReady containers with unready status: [side]' },
    ],
    [never ?? {}, 'ee', { Initialized: 'True PodCompleted', Ready: 'False PodCompleted' }],
    [never ?? {}, 'ef', { Ready: 'False PodFailed', PodReadyToStartContainers: 'False PodTerminated' }],
  ])('%j %s', (spec, letters, wanted) => {
    const found = Object.fromEntries(
      (statusOf(spec, letters).conditions ?? []).map(({ type, status, reason, message }) => [
        type,
        [status, reason, message].filter(Boolean).join(' '),
      ]),
    )
    expect(found).toMatchObject({ PodScheduled: 'True', ...wanted })
  })

  test('the time of the last change stays while the status stays; foreign conditions stay', () => {
    const foreign = { type: 'example.com/gate', status: 'True' as const }
    const ready = { type: 'Ready', status: 'True' as const, lastTransitionTime: '1970-01-01T00:00:00Z' }
    const { conditions = [] } = statusOf({}, 'rr', { conditions: [ready, foreign] })
    expect(conditions).toContainEqual(ready)
    expect(conditions).toContainEqual(foreign)
    expect(conditions).toContainEqual({
      type: 'ContainersReady',
      status: 'True',
      lastTransitionTime: '1970-01-01T00:00:02Z',
    })
  })
})

describe('container statuses', () => {
  const times = { startedAt: '1970-01-01T00:00:00Z', finishedAt: '1970-01-01T00:00:01Z' }
  const failed = { terminated: { exitCode: 1, reason: 'Error', ...times } }
  test.each([
    ['r-', { ready: true, started: true, state: { running: { startedAt: '1970-01-01T00:00:00Z' } } }],
    ['--', { ready: false, started: false, state: { waiting: { reason: 'ContainerCreating' } } }],
    ['f-', { ready: false, restartCount: 0, state: failed }],
    ['c-', { state: { waiting: { reason: 'CreateContainerConfigError', message: 'no' } } }],
    [
      'b-',
      {
        restartCount: 1,
        lastState: failed,
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: 'back-off 10s restarting failed container=a pod=p_default(u)',
          },
        },
      },
    ],
  ])('%s', (letters, wanted) => {
    expect(statusOf({}, letters).containerStatuses?.[0]).toMatchObject(wanted)
  })

  test('before the init containers are done the others are initializing', () => {
    const { initContainerStatuses: [first] = [], containerStatuses: [second] = [] } = statusOf(withInit, 'e--')
    expect(first).toMatchObject({ ready: true, state: { terminated: { exitCode: 0, reason: 'Completed' } } })
    expect(second).toMatchObject({ ready: false, state: { waiting: { reason: 'PodInitializing' } } })
  })

  test('addresses', () => {
    expect(statusOf({}, 'rr')).toMatchObject({
      podIP: '10.244.1.2',
      podIPs: [{ ip: '10.244.1.2' }],
      hostIP: '192.168.1.100',
      startTime: '1970-01-01T00:00:00Z',
    })
  })
})
