import type { Container, Pod } from '../api/core.ts'
import { backOffRemaining } from './back-off.ts'
import { containersOf, isLive, isSidecar, type ContainerRecord, type ContainerRecords } from './container-record.ts'

/** What is to be done for a Pod now, and when to look again. */
export interface PodActions {
  readonly start: readonly Container[]
  /** Sidecars of a Pod whose containers are done, last first: stop the first that is live, then look again. */
  readonly stop: readonly Container[]
  /** Containers in crash-loop back-off, with their delay in milliseconds. */
  readonly backingOff: ReadonlyMap<string, number>
  /** Milliseconds of the Clock; undefined when only an event can change anything. */
  readonly wakeAt?: number
  /** No container runs and none will be started. */
  readonly finished: boolean
}

interface Draft {
  readonly start: Container[]
  readonly backingOff: Map<string, number>
  readonly wakeTimes: number[]
}

type RestartPolicy = NonNullable<Pod['spec']['restartPolicy']>

function mayRestart(policy: RestartPolicy, { phase, exit, endedByProbe }: ContainerRecord): boolean {
  if (phase !== 'terminated') return true
  if (endedByProbe === true) return policy !== 'Never'
  return policy === 'Always' || (policy === 'OnFailure' && exit?.exitCode !== 0)
}

function plan(draft: Draft, container: Container, record: ContainerRecord | undefined, now: number): void {
  const wait =
    record?.phase === 'refused'
      ? Math.max(0, (record.refusal?.retryAt ?? 0) - now)
      : record?.phase === 'terminated'
        ? backOffRemaining(record.backOff, record.finishedAt, now)
        : 0
  if (wait === 0) {
    draft.start.push(container)
    return
  }
  draft.wakeTimes.push(now + wait)
  if (record?.phase === 'terminated') draft.backingOff.set(container.name, record.backOff?.delay ?? 0)
}

/** Whether the Pod's init containers let the next stage begin; plans what they still need. */
function initialize(draft: Draft, pod: Pod, records: ContainerRecords, now: number): 'done' | 'pending' | 'failed' {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const began = pod.spec.containers.some(({ name }) => records.has(name))
  for (const container of pod.spec.initContainers ?? []) {
    const record = records.get(container.name)
    if (isSidecar(container)) {
      if (!isLive(record)) plan(draft, container, record, now)
      if ((record?.phase !== 'running' || !record.started) && !began) return 'pending'
      continue
    }
    if (began || (record?.phase === 'terminated' && record.exit?.exitCode === 0)) continue
    if (isLive(record)) return 'pending'
    // A failed init container is run again under Always as well as OnFailure.
    if (record !== undefined && !mayRestart(policy === 'Always' ? 'OnFailure' : policy, record)) return 'failed'
    plan(draft, container, record, now)
    return 'pending'
  }
  return 'done'
}

const finish = (pod: Pod, records: ContainerRecords): PodActions => {
  const stop = (pod.spec.initContainers ?? [])
    .filter((container) => isSidecar(container) && isLive(records.get(container.name)))
    .toReversed()
  const finished = containersOf(pod).every(({ name }) => !isLive(records.get(name)))
  return { start: [], stop, backingOff: new Map(), finished }
}

/** Pure: init containers in order, sidecars kept running, then all containers, each by the restart policy. */
export function podActions(pod: Pod, records: ContainerRecords, now: number): PodActions {
  const draft: Draft = { start: [], backingOff: new Map(), wakeTimes: [] }
  const stage = initialize(draft, pod, records, now)
  if (stage === 'failed') return finish(pod, records)
  if (stage === 'done') {
    const policy = pod.spec.restartPolicy ?? 'Always'
    const open = pod.spec.containers.filter(({ name }) => {
      const record = records.get(name)
      return record === undefined || mayRestart(policy, record)
    })
    if (open.length === 0) return finish(pod, records)
    for (const container of open) {
      const record = records.get(container.name)
      if (!isLive(record)) plan(draft, container, record, now)
      // The next one waits for its postStart hook, as a kubelet starts them one after the other.
      const isBeginning = draft.start.includes(container) || record?.phase === 'starting'
      if (isBeginning && container.lifecycle?.postStart !== undefined) break
    }
  }
  const { start, backingOff, wakeTimes } = draft
  const wakeAt = wakeTimes.length === 0 ? {} : { wakeAt: Math.min(...wakeTimes) }
  return { start, stop: [], backingOff, ...wakeAt, finished: false }
}
