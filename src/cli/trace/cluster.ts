import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { KubeconfigError, readRemoteObjects, type RemoteObjects } from '../../cluster/trace/remote-objects.ts'
import { clusterObserver } from '../../explain/trace/cluster-observer.ts'
import { networkWorldOf } from '../../explain/trace/network-world.ts'
import type { Trace } from '../../explain/trace/report.ts'
import { tracePacket, type TraceRequest } from '../../explain/trace/trace.ts'
import type { JsonValue } from '../../manifest/node.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { podOf } from './client-pod.ts'

/** Which cluster: as kubectl finds it, where nothing is said. */
export interface ClusterChoice {
  readonly kubeconfig?: string
  /** Another context than the file's current one. */
  readonly context?: string
}

export interface ClusterPlace extends ClusterChoice {
  /** Of names that are given without one. */
  readonly namespace: string
}

const CLUSTER_DOMAIN = 'cluster.local'

/** From the API of a real cluster: lists are read, and nothing else is done. */
export async function traceCluster(request: TraceRequest, place: ClusterPlace, context: Context): Promise<Trace> {
  const read = await readCluster(place, context)
  const { refusals } = read
  // They came as JSON.
  const objects = read.objects as readonly JsonValue[]
  const world = networkWorldOf({
    objects,
    clusterDomain: CLUSTER_DOMAIN,
    namespace: place.namespace,
    manifests: [],
    mode: 'cluster',
    unread: refusals.size > 0,
  })
  const from = refusals.has('pods') ? request.from : podOf({ world, objects }, request.from, 'cluster')
  return tracePacket(world, { ...request, from }, clusterObserver(world, refusals))
}

/** Throws a UsageError or a MachineError where it cannot be read. */
export async function readCluster(place: ClusterChoice, context: Context): Promise<RemoteObjects> {
  const { environment, workingDirectory } = context
  const kubeconfig = resolve(workingDirectory, place.kubeconfig ?? defaultKubeconfig(context))
  const name = place.context === undefined ? {} : { context: place.context }
  try {
    return await readRemoteObjects({ kubeconfig, environment, ...name })
  } catch (error) {
    if (error instanceof KubeconfigError) throw new UsageError(error.message)
    throw new MachineError(`the API server cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** As kubectl looks for it. */
function defaultKubeconfig({ environment }: Context): string {
  const [first] = (environment['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '')
  return first ?? join(environment['HOME'] ?? homedir(), '.kube/config')
}
