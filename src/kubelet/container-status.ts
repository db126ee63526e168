import type { Container, ContainerState, ContainerStatus, Pod } from '../api/core.ts'
import { timestamp } from '../lib/clock.ts'
import { isSidecar, terminatedState, type ContainerRecord } from './container-record.ts'

function backOffMessage(pod: Pod, container: Container, delay: number): string {
  const { name, namespace = 'default', uid = '' } = pod.metadata
  const seconds = delay / 1000
  const minutes = Math.floor(seconds / 60)
  const text = minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`
  return `back-off ${text} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`
}

function stateOf(
  pod: Pod,
  container: Container,
  record: ContainerRecord | undefined,
  backOff: number | undefined,
): ContainerState {
  if (record?.phase === 'refused' && record.refusal !== undefined) {
    return { waiting: { reason: record.refusal.reason, message: record.refusal.message } }
  }
  if (record?.phase === 'running') return { running: { startedAt: timestamp(record.startedAt) } }
  if (record?.phase === 'terminated') {
    if (backOff === undefined) return terminatedState(record)
    return { waiting: { reason: 'CrashLoopBackOff', message: backOffMessage(pod, container, backOff) } }
  }
  const hasInit = (pod.spec.initContainers ?? []).length > 0
  return { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } }
}

/**
 * The status of one container: ready as its probes say; an init container is ready once it ended with 0. `backOff` is
 * the delay in milliseconds where it is in crash-loop back-off.
 */
export function containerStatus(
  pod: Pod,
  container: Container,
  record: ContainerRecord | undefined,
  backOff: number | undefined,
): ContainerStatus {
  const state = stateOf(pod, container, record, backOff)
  const isInit = (pod.spec.initContainers ?? []).includes(container)
  const isRunning = state.running !== undefined
  const last = backOff === undefined || record === undefined ? record?.lastState : terminatedState(record)
  return {
    name: container.name,
    ready: isInit && !isSidecar(container) ? state.terminated?.exitCode === 0 : isRunning && record?.ready === true,
    started: isRunning && record?.started === true,
    restartCount: record?.restartCount ?? 0,
    image: container.image ?? '',
    imageID: record?.imageID ?? '',
    ...(record?.containerID === undefined ? {} : { containerID: record.containerID }),
    state,
    ...(last === undefined ? {} : { lastState: last }),
  }
}
