/** metrics.k8s.io/v1beta1: what `kubectl top` shows. Measured while somebody asks, and never else. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Node, Pod } from '../../api/core.ts'
import { timestamp } from '../../lib/clock.ts'
import { list, objectKey } from '../../model/snapshot.ts'
import type { ApiContext, Usage, UsageReading } from './context.ts'
import { failureStatus, methodNotAllowed, Refusal } from './failures.ts'
import { sendJSON } from './respond.ts'
import type { UnstoredKind } from './reviews.ts'
import { selection } from './selection.ts'

const [GROUP, VERSION] = ['metrics.k8s.io', 'v1beta1']
const COMMON = { group: GROUP, version: VERSION, singular: '', verbs: ['get', 'list'] }

export const RESOURCE_METRICS: readonly UnstoredKind[] = [
  { ...COMMON, kind: 'NodeMetrics', plural: 'nodes', namespaced: false },
  { ...COMMON, kind: 'PodMetrics', plural: 'pods', namespaced: true },
]

interface MetricsPath {
  readonly kind: 'Node' | 'Pod'
  readonly namespace?: string
  readonly name?: string
}

const PATH = new RegExp(`^/apis/${GROUP}/${VERSION}/(?:namespaces/([\\w.-]+)/)?(nodes|pods)(?:/([\\w.-]+))?/?$`)

/** Undefined for paths of others. One Pod stands in a namespace, a Node in none. */
export function parseMetricsPath(pathname: string): MetricsPath | undefined {
  const [, namespace, plural, name] = PATH.exec(pathname) ?? []
  if (plural === undefined) return undefined
  const isNode = plural === 'nodes'
  if (isNode ? namespace !== undefined : namespace === undefined && name !== undefined) return undefined
  return { kind: isNode ? 'Node' : 'Pod', ...(namespace && { namespace }), ...(name && { name }) }
}

export interface MetricsCall {
  readonly path: MetricsPath
  readonly query: URLSearchParams
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export async function serveMetrics(context: ApiContext, call: MetricsCall): Promise<void> {
  const { path, query, request, response } = call
  if (request.method !== 'GET') throw methodNotAllowed()
  const matches = selection(path.kind, query, path.namespace, path.name)
  const reading = await context.pods.usage()
  const snapshot = context.store.snapshot()
  const pods = list(snapshot, 'Pod')
  const taken = { timestamp: timestamp(context.now()), window: `${reading.milliseconds}ms` }
  const items =
    path.kind === 'Node'
      ? list(snapshot, 'Node')
          .filter(matches)
          .map((node) => nodeMetrics(node, pods, reading, taken))
      : pods.filter(matches).flatMap((pod) => podMetrics(pod, reading, taken))
  const [apiVersion, kind] = [`${GROUP}/${VERSION}`, `${path.kind}Metrics`]
  if (path.name === undefined) return sendJSON(response, 200, { kind: `${kind}List`, apiVersion, metadata: {}, items })
  const [found] = items
  if (found === undefined) throw noMetrics(path)
  sendJSON(response, 200, { kind, apiVersion, ...found })
}

type Taken = { readonly timestamp: string; readonly window: string }

/** Of the containers that run; nothing of a Pod without any. */
function podMetrics(pod: Pod, reading: UsageReading, taken: Taken): readonly object[] {
  const containers = usagesOf(pod, reading).map(([name, usage]) => ({ name, usage: quantities(usage) }))
  const { name, namespace, labels, creationTimestamp } = pod.metadata
  return containers.length === 0
    ? []
    : [{ metadata: { name, namespace, labels, creationTimestamp }, ...taken, containers }]
}

/** A node is a network namespace: what its Pods use is all that it uses. */
function nodeMetrics({ metadata }: Node, pods: readonly Pod[], reading: UsageReading, taken: Taken): object {
  const { name, labels, creationTimestamp } = metadata
  const own = pods.filter(({ spec }) => spec.nodeName === name).flatMap((pod) => usagesOf(pod, reading))
  const sum = own.reduce((all, [, one]) => ({ cpu: all.cpu + one.cpu, memory: all.memory + one.memory }), {
    cpu: 0,
    memory: 0,
  })
  return { metadata: { name, labels, creationTimestamp }, ...taken, usage: quantities(sum) }
}

function usagesOf(pod: Pod, reading: UsageReading): readonly (readonly [string, Usage])[] {
  return [...(pod.spec.initContainers ?? []), ...pod.spec.containers].flatMap(({ name }) => {
    const usage = reading.of(objectKey(pod), name)
    return usage === undefined ? [] : [[name, usage] as const]
  })
}

function quantities({ cpu, memory }: Usage): object {
  return { cpu: `${Math.round(cpu * 1e9)}n`, memory: `${Math.round(memory / 1024)}Ki` }
}

function noMetrics({ kind, namespace, name }: MetricsPath): Refusal {
  const key = namespace === undefined ? name : `${namespace}/${name}`
  const message = `${kind.toLowerCase()}metrics.${GROUP} ${JSON.stringify(key)} not found`
  return new Refusal(failureStatus(404, 'NotFound', message))
}
