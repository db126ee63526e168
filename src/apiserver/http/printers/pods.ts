import type { ContainerStatus, Pod } from '../../../api/core.ts'
import { ageOf, columns, orNone, type Printer } from './printer.ts'

export const pods: Printer<Pod> = {
  columns: columns(['Name', 'Ready', 'Status', 'Restarts', 'Age'], ['IP', 'Node', 'Nominated Node', 'Readiness Gates']),
  cells(pod, now) {
    const { ready, total, reason, restarts, lastRestart } = podSummary(pod)
    const since = restarts > 0 && lastRestart !== undefined ? ` (${ageOf(lastRestart, now)} ago)` : ''
    return [
      pod.metadata.name,
      `${ready}/${total}`,
      reason,
      `${restarts}${since}`,
      ageOf(pod.metadata.creationTimestamp, now),
      orNone(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP),
      orNone(pod.spec.nodeName),
      '<none>',
      readinessGates(pod),
    ]
  },
}

/** How many of them are met. */
function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? []
  const met = gates.filter(({ conditionType }) => hasCondition(pod, conditionType))
  return gates.length === 0 ? '<none>' : `${met.length}/${gates.length}`
}

interface Restarts {
  restarts: number
  /** RFC 3339. */
  lastRestart?: string | undefined
}

interface Summary extends Restarts {
  ready: number
  total: number
  reason: string
}

const GATED = 'SchedulingGated'

/** What the Pod's containers say of it, in one word. */
function podSummary(pod: Pod): Summary {
  const { phase = 'Unknown', reason, conditions = [] } = pod.status ?? {}
  const isGated = conditions.some((one) => one.type === 'PodScheduled' && one.reason === GATED)
  const summary: Summary = {
    ready: 0,
    total: pod.spec.containers.length + (pod.spec.initContainers ?? []).filter(isSidecar).length,
    reason: isGated ? GATED : (reason ?? phase),
    restarts: 0,
  }
  const waits = summarizeInitContainers(pod, summary)
  if (!waits || hasCondition(pod, 'Initialized')) summarizeContainers(pod, summary)
  const isOver = phase === 'Succeeded' || phase === 'Failed'
  if (pod.metadata.deletionTimestamp !== undefined && !isOver) summary.reason = 'Terminating'
  return summary
}

const isSidecar = ({ restartPolicy }: { readonly restartPolicy?: string }): boolean => restartPolicy === 'Always'

function hasCondition(pod: Pod, wanted: string): boolean {
  return pod.status?.conditions?.some(({ type, status }) => type === wanted && status === 'True') ?? false
}

/** Whether one of them still has to end. */
function summarizeInitContainers(pod: Pod, summary: Summary): boolean {
  const declared = pod.spec.initContainers ?? []
  const sidecars = new Set(declared.filter(isSidecar).map(({ name }) => name))
  const ofSidecars: Restarts = { restarts: 0, lastRestart: undefined }
  let waits = false
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    countRestarts(status, summary)
    if (sidecars.has(status.name)) countRestarts(status, ofSidecars)
    if (status.state.terminated?.exitCode === 0) continue
    if (sidecars.has(status.name) && status.started === true) {
      if (status.ready) summary.ready++
      continue
    }
    summary.reason = initReason(status, i, declared.length)
    waits = true
    break
  }
  if (!waits || hasCondition(pod, 'Initialized')) Object.assign(summary, ofSidecars)
  return waits
}

function initReason({ state }: ContainerStatus, index: number, count: number): string {
  const { terminated, waiting } = state
  if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`
  if (waiting !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') {
    return `Init:${waiting.reason}`
  }
  return `Init:${index}/${count}`
}

function terminatedReason(ended: NonNullable<ContainerStatus['state']['terminated']>): string {
  if (ended.reason !== '') return ended.reason
  return ended.signal === undefined || ended.signal === 0 ? `ExitCode:${ended.exitCode}` : `Signal:${ended.signal}`
}

function summarizeContainers(pod: Pod, summary: Summary): void {
  let isRunning = false
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(status, summary)
    const { waiting, terminated, running } = status.state
    if (waiting !== undefined && waiting.reason !== '') summary.reason = waiting.reason
    else if (terminated !== undefined) summary.reason = terminatedReason(terminated)
    else if (status.ready && running !== undefined) {
      isRunning = true
      summary.ready++
    }
  }
  if (summary.reason === 'Completed' && isRunning) summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady'
}

function countRestarts({ restartCount, lastState }: ContainerStatus, summary: Restarts): void {
  summary.restarts += restartCount
  const ended = lastState?.terminated?.finishedAt
  if (ended !== undefined && (summary.lastRestart === undefined || ended > summary.lastRestart))
    summary.lastRestart = ended
}
