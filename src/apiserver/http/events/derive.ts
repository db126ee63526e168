/** What a change of an object says to people: the events that scheduler, kubelet and controllers of a cluster write. */
import type { ContainerStatus, Pod, Service } from '../../../api/core.ts'
import type { AnyObject } from '../../../api/kinds.ts'
import { managerOf, ownerObject, referenceTo, type EventDraft } from './draft.ts'
import { jobEvents } from './job-events.ts'

/** `previous`: undefined for an object that is new, or that was there when the events began. */
export function deriveEvents(
  object: AnyObject,
  previous: AnyObject | undefined,
  isDeleted: boolean,
): readonly EventDraft[] {
  if (object.kind === 'Pod') {
    const before = previous?.kind === 'Pod' ? previous : undefined
    return isDeleted
      ? ownerEvents(object, before, true)
      : [...ownerEvents(object, before, false), ...podEvents(object, before)]
  }
  if (object.kind === 'ReplicaSet' && !isDeleted) {
    const before = previous?.kind === 'ReplicaSet' ? (previous.spec.replicas ?? 0) : 0
    return scalingEvents(object, before, object.spec.replicas ?? 0)
  }
  if (object.kind === 'Job') return jobEvents(object, previous?.kind === 'Job' ? previous : undefined, isDeleted)
  return []
}

/** How each controller tells of the Pods that it makes and deletes. */
interface PodMaker {
  readonly component: string
  created(pod: string, owner: string): string
  deleted(pod: string, owner: string): string
  refused(pod: string, owner: string, why: string): string
}

function plainMaker(component: string): PodMaker {
  return {
    component,
    created: (pod) => `Created pod: ${pod}`,
    deleted: (pod) => `Deleted pod: ${pod}`,
    refused: (_pod, _owner, why) => `Error creating: ${why}`,
  }
}

const POD_MAKERS: Readonly<Record<string, PodMaker>> = {
  ReplicaSet: plainMaker('replicaset-controller'),
  DaemonSet: plainMaker('daemonset-controller'),
  Job: plainMaker('job-controller'),
  StatefulSet: {
    component: 'statefulset-controller',
    created: (pod, owner) => `create Pod ${pod} in StatefulSet ${owner} successful`,
    deleted: (pod, owner) => `delete Pod ${pod} in StatefulSet ${owner} successful`,
    refused: (pod, owner, why) => `create Pod ${pod} in StatefulSet ${owner} failed error: ${why}`,
  },
}

function ownerEvents(pod: Pod, previous: Pod | undefined, isDeleted: boolean): readonly EventDraft[] {
  const owner = managerOf(pod)
  const maker = POD_MAKERS[owner?.kind ?? '']
  if (owner === undefined || maker === undefined) return []
  const { name, namespace, creationTimestamp } = pod.metadata
  const { component } = maker
  const common = { type: 'Normal', component, object: ownerObject(owner, namespace) } as const
  const isGoing = isDeleted || pod.metadata.deletionTimestamp !== undefined
  if (!isGoing && previous === undefined) {
    const time = creationTimestamp === undefined ? {} : { time: creationTimestamp }
    return [{ ...common, reason: 'SuccessfulCreate', message: maker.created(name, owner.name), ...time }]
  }
  const wasGoing = previous?.metadata.deletionTimestamp !== undefined
  return isGoing && !wasGoing
    ? [{ ...common, reason: 'SuccessfulDelete', message: maker.deleted(name, owner.name) }]
    : []
}

/** What the owner of a Pod is told that the API server did not take. */
export function refusedPodEvent(pod: Pod, why: string): EventDraft | undefined {
  const owner = managerOf(pod)
  const maker = POD_MAKERS[owner?.kind ?? '']
  if (owner === undefined || maker === undefined) return undefined
  const { name, namespace } = pod.metadata
  const message = maker.refused(name, owner.name, why)
  const object = ownerObject(owner, namespace)
  return { type: 'Warning', reason: 'FailedCreate', message, component: maker.component, object }
}

function scalingEvents(replicaSet: AnyObject, before: number, after: number): readonly EventDraft[] {
  const owner = managerOf(replicaSet)
  if (owner?.kind !== 'Deployment' || before === after) return []
  const way = after > before ? 'up' : 'down'
  return [
    {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${way} replica set ${replicaSet.metadata.name} from ${before} to ${after}`,
      component: 'deployment-controller',
      object: ownerObject(owner, replicaSet.metadata.namespace),
    },
  ]
}

function podEvents(pod: Pod, previous: Pod | undefined): readonly EventDraft[] {
  const { nodeName } = pod.spec
  const { name, namespace = '', deletionTimestamp } = pod.metadata
  const events: EventDraft[] = []
  if (nodeName !== undefined && previous?.spec.nodeName === undefined) {
    events.push({
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
      component: 'default-scheduler',
      object: referenceTo(pod),
      ...(pod.status?.startTime !== undefined && { time: pod.status.startTime }),
    })
  }
  const problem = unschedulable(pod)
  if (problem !== undefined && problem !== (previous && unschedulable(previous))) {
    const object = referenceTo(pod)
    const component = 'default-scheduler'
    events.push({ type: 'Warning', reason: 'FailedScheduling', message: problem, component, object })
  }
  const before = statusesOf(previous)
  for (const status of statusesOf(pod)) {
    const old = before.find((candidate) => candidate.name === status.name)
    events.push(...containerEvents(pod, status, old))
  }
  if (deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined) {
    for (const container of pod.spec.containers) {
      events.push(kubeletEvent(pod, container.name, 'Normal', 'Killing', `Stopping container ${container.name}`))
    }
  }
  return events
}

/** Why no node takes the Pod. */
function unschedulable({ status }: Pod): string | undefined {
  const found = status?.conditions?.find(({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable')
  return found?.status === 'False' ? (found.message ?? 'no node takes it') : undefined
}

function statusesOf(pod: Pod | undefined): readonly ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])]
}

function containerEvents(pod: Pod, status: ContainerStatus, old: ContainerStatus | undefined): readonly EventDraft[] {
  const { name, state } = status
  const startedAt = state.running?.startedAt
  if (startedAt !== undefined) {
    const isSame = old?.state.running?.startedAt === startedAt && old.restartCount === status.restartCount
    return isSame
      ? []
      : [{ ...kubeletEvent(pod, name, 'Normal', 'Started', `Started container ${name}`), time: startedAt }]
  }
  const { waiting, terminated } = state
  if (waiting?.reason === 'CrashLoopBackOff' && old?.state.waiting?.reason !== 'CrashLoopBackOff') {
    const message = `Back-off restarting failed container ${name} in pod ${pod.metadata.name}`
    return [kubeletEvent(pod, name, 'Warning', 'BackOff', message)]
  }
  if (waiting !== undefined && /Err/.test(waiting.reason) && old?.state.waiting?.reason !== waiting.reason) {
    return [kubeletEvent(pod, name, 'Warning', 'Failed', `Error: ${waiting.message ?? waiting.reason}`)]
  }
  if (terminated?.reason === 'StartError' && old?.state.terminated === undefined) {
    return [kubeletEvent(pod, name, 'Warning', 'Failed', `Error: ${terminated.message ?? 'it could not be started'}`)]
  }
  return []
}

/** What the kubelet says of a container, or of the Pod as a whole. */
export function kubeletEvent(
  pod: Pod,
  container: string | undefined,
  type: EventDraft['type'],
  reason: string,
  message: string,
): EventDraft {
  const isInit = (pod.spec.initContainers ?? []).some(({ name }) => name === container)
  const field = container === undefined ? undefined : `spec.${isInit ? 'initContainers' : 'containers'}{${container}}`
  const object = referenceTo(pod, field)
  const { nodeName } = pod.spec
  return { type, reason, message, component: 'kubelet', object, ...(nodeName !== undefined && { host: nodeName }) }
}

/** What the service proxy says of a Service that it does not serve as it should be. */
export function proxyEvent(service: Service, reason: string, message: string): EventDraft {
  return { type: 'Warning', reason, message, component: 'service-proxy', object: referenceTo(service) }
}
