/** status, scale, binding and eviction: a part of an object, or something to be done with it. */
import { isRecord } from '../../api/decode.ts'
import type { AnyObject } from '../../api/kinds.ts'
import { invalidStatus, notFoundStatus } from '../../api/status.ts'
import { invalid } from '../../api/field-error.ts'
import { formatSelector } from './printers/format-selector.ts'
import { managerName, trackUpdate } from './apply/managed-fields.ts'
import { contentTypeOf, parseJSON, readBody, readObjectBody } from './body.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { deleteWithOptions, readDeleteOptions } from './delete.ts'
import { badRequest, failureStatus, methodNotAllowed, Refusal } from './failures.ts'
import { applyPatch, patched } from './patch.ts'
import { keyOf, representationFor, storedObject } from './reads.ts'
import { sendJSON, sendResult } from './respond.ts'
import { checkedObject, isDryRun } from './writes.ts'
import type { Pod } from '../../api/core.ts'
import type { Condition } from '../../api/meta.ts'
import { timestamp } from '../../lib/clock.ts'
import { budgetsOf, disruptionStatus } from '../../model/disruption.ts'
import { isPodReady } from '../../model/endpoints.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'

export async function serveStatus(context: ApiContext, request: ApiRequest): Promise<void> {
  const { path, response, request: message } = request
  const stored = storedObject(context.store.snapshot(), path)
  const shown = representationFor(request, context)
  if (message.method === 'GET') return sendJSON(response, 200, shown.one(stored))
  if (message.method !== 'PUT' && message.method !== 'PATCH') throw methodNotAllowed()
  const body = message.method === 'PUT' ? await readObjectBody(message) : await patched(context, request)
  const { object, warnings } = checkedObject(request, body)
  const result = context.registry.updateStatus(object, { dryRun: isDryRun(request.query) })
  sendResult(response, result, shown.one, warnings)
}

type Scalable = AnyObject & { kind: 'Deployment' | 'ReplicaSet' | 'StatefulSet' }

export async function serveScale(context: ApiContext, request: ApiRequest): Promise<void> {
  const { path, response, request: message, query } = request
  const stored = storedObject(context.store.snapshot(), path)
  if (!isScalable(stored)) throw methodNotAllowed()
  if (message.method === 'GET') return sendJSON(response, 200, scaleOf(stored))
  if (message.method !== 'PUT' && message.method !== 'PATCH') throw methodNotAllowed()
  const scale =
    message.method === 'PUT'
      ? await readObjectBody(message)
      : applyPatch(contentTypeOf(message), 'Scale', scaleOf(stored), parseJSON(await readBody(message)))
  const replicas = replicasOf(scale, stored)
  const { resourceVersion } = isRecord(scale) && isRecord(scale['metadata']) ? scale['metadata'] : {}
  const metadata = typeof resourceVersion === 'string' ? { ...stored.metadata, resourceVersion } : stored.metadata
  const scaled: AnyObject = { ...stored, metadata, spec: { ...stored.spec, replicas } } as Scalable
  const manager = managerName(query, message.headers['user-agent'] ?? '')
  const tracked = trackUpdate(stored, scaled, manager, context.now())
  const result = context.registry.update(tracked, { dryRun: isDryRun(query) })
  sendResult(response, result, (object) => (isScalable(object) ? scaleOf(object) : object))
}

function isScalable(object: AnyObject): object is Scalable {
  return object.kind === 'Deployment' || object.kind === 'ReplicaSet' || object.kind === 'StatefulSet'
}

function scaleOf({ metadata, spec, status }: Scalable): unknown {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status?.replicas ?? 0, selector: formatSelector(spec.selector) },
  }
}

function replicasOf(scale: unknown, stored: Scalable): number {
  const spec = isRecord(scale) && isRecord(scale['spec']) ? scale['spec'] : {}
  const { replicas = 0 } = spec
  if (!Number.isInteger(replicas))
    throw badRequest(`spec.replicas must be a whole number, not ${JSON.stringify(replicas)}`)
  if (Number(replicas) < 0) {
    const error = invalid(['spec', 'replicas'], replicas, 'must be greater than or equal to 0')
    throw new Refusal(invalidStatus(stored.kind, stored.metadata.name, [error]))
  }
  return Number(replicas)
}

/** What a scheduler sends: the Pod's node. */
export async function serveBinding(context: ApiContext, { path, request, response, query }: ApiRequest): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed()
  const body = await readObjectBody(request)
  const target = isRecord(body) && isRecord(body['target']) ? body['target']['name'] : undefined
  if (typeof target !== 'string') throw badRequest('a Binding needs target.name, the name of a node')
  const pod = storedObject(context.store.snapshot(), path)
  if (pod.kind !== 'Pod') throw methodNotAllowed()
  if (pod.spec.nodeName !== undefined) {
    const message = `Operation cannot be fulfilled on pods/binding ${JSON.stringify(pod.metadata.name)}: pod ${pod.metadata.name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`
    throw new Refusal(failureStatus(409, 'Conflict', message))
  }
  if (get(context.store.snapshot(), 'Node', target) === undefined) throw new Refusal(notFoundStatus('Node', target))
  const isDry = isDryRun(query) || (isRecord(body) && Array.isArray(body['dryRun']) && body['dryRun'].includes('All'))
  if (!isDry) context.store.update({ ...pod, spec: { ...pod.spec, nodeName: target } })
  sendJSON(response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

/** What `kubectl drain` sends: a delete, where no disruption budget is against it. */
export async function serveEviction(
  context: ApiContext,
  { path, request, response, query }: ApiRequest,
): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed()
  const body = await readObjectBody(request)
  const options = readDeleteOptions(isRecord(body) ? body['deleteOptions'] : undefined, query)
  const pod = storedObject(context.store.snapshot(), path)
  if (pod.kind === 'Pod') checkBudgets(context.store.snapshot(), pod)
  if (pod.kind === 'Pod' && !options.dryRun) markDisrupted(context, pod)
  const result = deleteWithOptions(context, { kind: 'Pod', ...pathOf(keyOf(path)) }, options)
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }
  sendResult(response, 'failure' in result ? result : { ...result, code: 201 }, () => success)
}

/** So that a Job can tell the end of its Pod from a failure. */
function markDisrupted({ store, now }: ApiContext, pod: Pod): void {
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: timestamp(now()),
  }
  const { conditions = [] } = pod.status ?? {}
  if (
    conditions.some(
      ({ type, status, reason }) => type === condition.type && status === 'True' && reason === condition.reason,
    )
  )
    return
  const others = conditions.filter(({ type }) => type !== condition.type)
  store.update({ ...pod, status: { ...pod.status, conditions: [...others, condition] } })
}

/** A Pod that is not ready may always go. */
function checkBudgets(snapshot: Snapshot, pod: Pod): void {
  if (!isPodReady(pod)) return
  const [budget, another] = budgetsOf(snapshot, pod)
  if (budget === undefined) return
  if (another !== undefined) {
    const message = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
    throw new Refusal(failureStatus(500, 'InternalError', message))
  }
  const { disruptionsAllowed, desiredHealthy, currentHealthy } = disruptionStatus(snapshot, budget)
  if (disruptionsAllowed > 0) return
  const why = `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  const message = "Cannot evict pod as it would violate the pod's disruption budget."
  const details = { causes: [{ reason: 'DisruptionBudget', message: why }] }
  throw new Refusal(failureStatus(429, 'TooManyRequests', message, details))
}

function pathOf(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}
