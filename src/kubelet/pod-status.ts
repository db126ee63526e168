import type { ContainerStatus, Pod, PodStatus } from '../api/core.ts'
import type { Condition } from '../api/meta.ts'
import { timestamp } from '../lib/clock.ts'
import { containersOf, isSidecar, type ContainerRecords } from './container-record.ts'
import type { PodSandbox } from './container-runtime.ts'
import type { PodFailure } from './deadline.ts'
import { containerStatus } from './container-status.ts'

type Phase = NonNullable<PodStatus['phase']>

export interface PodState {
  readonly records: ContainerRecords
  /** As podActions gives it. */
  readonly backingOff: ReadonlyMap<string, number>
  /** Undefined before it was made; kept after it was removed, for its addresses. */
  readonly sandbox?: Pick<PodSandbox, 'podIP' | 'podIPs' | 'hostIP' | 'hostIPs'>
  /** Why there is no sandbox yet. */
  readonly sandboxProblem?: string
  /** No container will be started any more, whatever the restart policy says. */
  readonly terminal: boolean
  /** What ended it as a whole: it has failed, however its containers ended. */
  readonly failure?: PodFailure
  /** Milliseconds of the Clock at which the kubelet took the Pod. */
  readonly startedAt: number
}

/** The condition that tells what is not as in a real Pod. */
export const ISOLATED = 'portolan.dev/Isolated'
/** The condition that tells which probes fail, and which a stand-in cannot answer. */
export const PROBED = 'portolan.dev/Probed'

const exited = (status: ContainerStatus): number | undefined =>
  status.state.terminated?.exitCode ??
  (status.state.waiting === undefined ? undefined : status.lastState?.terminated?.exitCode)

/** Init containers that have neither ended with 0 nor failed; and whether one failed. */
function initProgress(pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>): { pending: boolean; failed: boolean } {
  let pending = false
  let failed = false
  for (const container of pod.spec.initContainers ?? []) {
    const status = statuses.get(container.name)
    if (isSidecar(container) || status === undefined) continue
    const exitCode = exited(status)
    if (exitCode === undefined) pending = true
    else if (exitCode !== 0) failed = true
  }
  return { pending, failed }
}

/** The phase by the kubelet's rules (getPhase of kubelet_pods.go). */
function phaseOf(pod: Pod, statuses: ReadonlyMap<string, ContainerStatus>, terminal: boolean): Phase {
  const policy = pod.spec.restartPolicy ?? 'Always'
  const init = initProgress(pod, statuses)
  if (init.failed && policy === 'Never') return 'Failed'
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).flatMap(({ name }) => statuses.get(name) ?? [])
  const main = pod.spec.containers.flatMap(({ name }) => statuses.get(name) ?? [])
  const began = main.some((status) => status.state.running !== undefined || exited(status) !== undefined)
  const sidecarsPending = sidecars.some(
    ({ state, lastState }) => state.waiting !== undefined && lastState === undefined,
  )
  if (terminal && !began) return 'Failed'
  if (!terminal && (init.pending || init.failed || (sidecarsPending && !began))) return 'Pending'
  const codes = main.map(exited)
  const waiting = main.some((status, index) => status.state.waiting !== undefined && codes[index] === undefined)
  if (waiting && !terminal) return 'Pending'
  if ([...main, ...sidecars].some(({ state }) => state.running !== undefined)) return 'Running'
  if (!terminal && policy === 'Always') return 'Running'
  if (main.every(({ state }) => state.terminated?.exitCode === 0)) return 'Succeeded'
  return terminal || policy === 'Never' ? 'Failed' : 'Running'
}

type Fact = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

const yes = (type: string, reason?: string): Fact => ({
  type,
  status: 'True',
  ...(reason === undefined ? {} : { reason }),
})
const no = (type: string, reason: string, message?: string): Fact => ({
  type,
  status: 'False',
  reason,
  ...(message === undefined ? {} : { message }),
})

function readiness(type: string, phase: Phase, unready: readonly string[]): Fact {
  if (phase === 'Succeeded') return no(type, 'PodCompleted')
  if (phase === 'Failed') return no(type, 'PodFailed')
  if (unready.length === 0) return yes(type)
  return no(type, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`)
}

/** Ready waits for the conditions that the Pod's readinessGates name, which others write. */
function gated({ spec, status }: Pod, ready: Fact): Fact {
  if (ready.status !== 'True') return ready
  const unmet = (spec.readinessGates ?? []).flatMap(({ conditionType: type }) => {
    const found = status?.conditions?.find((condition) => condition.type === type)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${type}" does not exist.`]
    return found.status === 'True'
      ? []
      : [`the status of pod readiness gate "${type}" is not "True", but ${found.status}`]
  })
  return unmet.length === 0 ? ready : no('Ready', 'ReadinessGatesNotReady', unmet.join(', '))
}

function facts(
  pod: Pod,
  state: PodState,
  phase: Phase,
  statuses: ReadonlyMap<string, ContainerStatus>,
): readonly Fact[] {
  const init = pod.spec.initContainers ?? []
  const incomplete = init.filter((container) => {
    const status = statuses.get(container.name)
    return isSidecar(container) ? status?.started !== true : status?.ready !== true
  })
  const names = incomplete.map(({ name }) => name)
  const initialized =
    phase === 'Succeeded'
      ? yes('Initialized', 'PodCompleted')
      : names.length === 0 || (phase === 'Running' && incomplete.every(isSidecar))
        ? yes('Initialized')
        : no('Initialized', 'ContainersNotInitialized', `containers with incomplete status: [${names.join(' ')}]`)
  const served = [...init.filter(isSidecar), ...pod.spec.containers]
  const unready = served.filter(({ name }) => statuses.get(name)?.ready !== true).map(({ name }) => name)
  const notes = containersOf(pod).flatMap(({ name }) =>
    (state.records.get(name)?.notes ?? []).map((note) => `container ${name}: ${note}`),
  )
  const hasSandbox = state.sandbox !== undefined && !state.terminal
  return [
    yes('PodScheduled'),
    hasSandbox
      ? yes('PodReadyToStartContainers')
      : no('PodReadyToStartContainers', state.terminal ? 'PodTerminated' : 'NoSandbox', state.sandboxProblem),
    initialized,
    readiness('ContainersReady', phase, unready),
    gated(pod, readiness('Ready', phase, unready)),
    ...(notes.length === 0 ? [] : [no(ISOLATED, 'NotIsolated', notes.join('; '))]),
    ...probed(pod, state.records),
  ]
}

/** Failures before what was not tried: one condition says both. */
function probed(pod: Pod, records: ContainerRecords): readonly Fact[] {
  const running = containersOf(pod).flatMap(({ name }) => {
    const record = records.get(name)
    return record?.phase === 'running' ? [{ name, record }] : []
  })
  const failures = running.flatMap(({ name, record }) =>
    Object.values(record.unhealthy ?? {}).map((text) => `container ${name}: ${text}`),
  )
  const untried = running.flatMap(({ name, record }) =>
    Object.entries(record.unanswered ?? {}).map(
      ([kind, what]) => `container ${name}: its ${kind} (${what}) counts as passed: a stand-in cannot answer it`,
    ),
  )
  const said = [...failures, ...untried]
  return said.length === 0 ? [] : [no(PROBED, failures.length > 0 ? 'Unhealthy' : 'StandIn', said.join('; '))]
}

/** Conditions of ours that are there only where there is something to say. */
const OPTIONAL: ReadonlySet<string> = new Set([ISOLATED, PROBED])

/** Own conditions anew, with the time of their last change; those that others wrote are kept. */
function mergeConditions(own: readonly Fact[], before: readonly Condition[], now: string): readonly Condition[] {
  const merged = own.map((fact) => {
    const previous = before.find(({ type }) => type === fact.type)
    const same = previous?.status === fact.status
    return { ...fact, lastTransitionTime: same ? (previous?.lastTransitionTime ?? now) : now }
  })
  const foreign = before.filter(({ type }) => !OPTIONAL.has(type) && !own.some((fact) => fact.type === type))
  return [...merged, ...foreign]
}

/** The status of a Pod, from what its containers do. `pod.status` is the status before; `now` in milliseconds. */
export function podStatus(pod: Pod, state: PodState, now: number): PodStatus {
  const statuses = new Map(
    containersOf(pod).map((container) => {
      const { name } = container
      return [name, containerStatus(pod, container, state.records.get(name), state.backingOff.get(name))]
    }),
  )
  const all = [...statuses.values()]
  const initCount = pod.spec.initContainers?.length ?? 0
  const { sandbox, terminal } = state
  const failure = terminal ? state.failure : undefined
  const phase = failure === undefined ? phaseOf(pod, statuses, terminal) : 'Failed'
  const addresses = sandbox && {
    hostIP: sandbox.hostIP,
    hostIPs: (sandbox.hostIPs ?? [sandbox.hostIP]).map((ip) => ({ ip })),
    podIP: sandbox.podIP,
    podIPs: (sandbox.podIPs ?? [sandbox.podIP]).map((ip) => ({ ip })),
  }
  return {
    phase,
    ...failure,
    conditions: mergeConditions(facts(pod, state, phase, statuses), pod.status?.conditions ?? [], timestamp(now)),
    ...addresses,
    startTime: timestamp(state.startedAt),
    ...(initCount === 0 ? {} : { initContainerStatuses: all.slice(0, initCount) }),
    containerStatuses: all.slice(initCount),
  }
}
