import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Server } from 'node:https'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Endpoints, Pod, Service } from '../api/core.ts'
import type { PodAccess } from '../apiserver/http/context.ts'
import type { EventKeeper } from '../apiserver/http/events/recorder.ts'
import type { ServiceAccountTokens } from '../apiserver/http/tokens/service-account-tokens.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../api/discovery.ts'
import { receiveFd } from '../host/fd-channel.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'
import type { StandInRuntime } from '../kubelet/stand-in-process.ts'
import type { LogTimes } from '../kubelet/log-times.ts'
import { logPath } from '../kubelet/log-files.ts'
import { type MetricFamily, renderMetrics } from '../lib/prometheus.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import type { FrontLink } from './front-link.ts'
import { kubeconfigText } from './kubeconfig.ts'
import type { Objects } from './objects.ts'
import type { ObjectState } from './state/object-state.ts'
import { rememberServer } from './state/api-server-note.ts'
import type { StateFile } from './state/state-file.ts'
import type { ClusterOptions } from './options.ts'
import type { PodEvents } from './pods/events.ts'
import type { PodNetwork } from './pods/network.ts'
import { objectKey } from '../model/snapshot.ts'
import { attachTo, type AttachOptions } from './pods/attach.ts'
import { runPodCommand } from './pods/commands.ts'
import type { ServiceNotices } from './proxy/service-notices.ts'
import { readUsage } from './pods/usage.ts'
import type { ServerDoor } from './server-door.ts'
import { LOOPBACK, serverAddress, type ServerIdentity } from './server-identity.ts'
import type { Topology } from './topology.ts'

export const PORT: number = 6443
const NAME = 'kubernetes'

/** The Service by which Pods reach the API server, and its one endpoint: the fabric. */
export function apiServerObjects(
  topology: Topology,
  config: ClusterConfig,
): readonly [Service, EndpointSlice, Endpoints] {
  const metadata = { name: NAME, namespace: 'default' }
  const provider = { component: 'apiserver', provider: 'kubernetes' }
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, labels: provider },
      spec: {
        clusterIP: serverAddress(config),
        ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: PORT }],
      },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, labels: { [SERVICE_NAME_LABEL]: NAME } },
      addressType: topology.family,
      endpoints: [{ addresses: [topology.gateway], conditions: { ready: true } }],
      ports: [{ name: 'https', protocol: 'TCP', port: PORT }],
    },
    {
      apiVersion: 'v1',
      kind: 'Endpoints',
      // The slice above is there already.
      metadata: { ...metadata, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: topology.gateway }], ports: [{ name: 'https', protocol: 'TCP', port: PORT }] }],
    },
  ]
}

export interface ApiServerParts {
  readonly options: ClusterOptions
  readonly objects: Objects
  readonly podNetwork: PodNetwork
  readonly podEvents: PodEvents
  readonly logTimes: LogTimes
  readonly serviceNotices: Pick<ServiceNotices, 'follow'>
  readonly kubelet: Pick<Kubelet, 'childOf'>
  readonly standIn: Pick<StandInRuntime, 'pid'>
  readonly tokens: ServiceAccountTokens
  readonly identity: ServerIdentity
  readonly door: ServerDoor
  readonly link: FrontLink
  readonly metrics: () => Promise<readonly MetricFamily[]>
  /** Where the network outlives its processes: its keys and its port do so too, and kubeconfigs that were copied. */
  readonly notes?: StateFile
  /** Where its events are kept. */
  readonly kept: ObjectState
}

/**
 * Serves the API on the host's loopback and on the fabric, and writes the kubeconfig: its path. Everything of the server
 * is loaded here, when the network already runs.
 */
export async function startApiServer(parts: ApiServerParts): Promise<string> {
  const { options, objects, link, identity } = parts
  const api = await import('../apiserver/http/api-server.ts')
  const { createApiServer, kubeletEvent, proxyEvent } = api
  const { names, former } = identity
  const certificates = identity.certificates()
  const token = former?.token ?? randomBytes(32).toString('base64url')
  const { store, registry } = objects
  const events = api.createEventRecorder(store, Date.now, eventKeeper(parts.kept))
  parts.podEvents.follow((pod, event) => {
    const draft =
      'refused' in event
        ? api.refusedPodEvent(pod, event.refused)
        : kubeletEvent(pod, event.container, event.type, event.reason, event.message)
    if (draft !== undefined) events.record(draft)
  })
  parts.serviceNotices.follow(({ service: key, reason, message }) => {
    const service = store.snapshot().objects.Service.get(key)
    if (service !== undefined) events.record(proxyEvent(service, reason, message))
  })
  const context = {
    store,
    registry,
    history: api.createWatchHistory(store),
    events,
    pods: podAccess(parts),
    tokens: parts.tokens,
    authenticate: api.createAuthenticator(token, parts.tokens),
    metrics: async () => renderMetrics(await parts.metrics()),
    now: Date.now,
  }
  const server = createApiServer({ certificates, names, context })
  const inside = createApiServer({ certificates, names, context })
  const port = await listenOnHost(server, link, former?.port ?? PORT)
  rememberServer(parts.notes, { certificates, token, port, names, madeAt: former?.madeAt ?? Date.now() })
  parts.door.leadTo(inside)
  const path = `${options.stateDirectory}/kubeconfig`
  const address = `https://${LOOPBACK}:${port}`
  writeFileSync(
    path,
    kubeconfigText({ name: options.name, server: address, authority: certificates.authority, token }),
    {
      mode: 0o600,
    },
  )
  return path
}

function eventKeeper({ restored, keepEvent, flush }: ObjectState): EventKeeper {
  return { ...(restored && { former: restored }), keep: keepEvent, flush: () => void flush() }
}

/** The host's port, opened by the front and handed over: the wanted one, or the next that is free. */
async function listenOnHost(server: Server, link: FrontLink, wanted: number): Promise<number> {
  const [result] = await link.listen([{ protocol: 'TCP', address: LOOPBACK, port: wanted }])
  if (result?.port === undefined) throw new Error(`no port for the API server: ${result?.error ?? 'no answer'}`)
  await listening(server.listen({ fd: receiveFd(link.channel) }))
  return result.port
}

async function listening(server: Server): Promise<void> {
  await once(server, 'listening')
}

function podAccess({ options, objects, podNetwork, kubelet, standIn, logTimes }: ApiServerParts): PodAccess {
  const commands = {
    snapshot: objects.snapshot,
    childOf: kubelet.childOf,
    sandboxOf: podNetwork.sandboxOf,
    workingDirectory: options.workingDirectory,
  }
  const measured = {
    snapshot: objects.snapshot,
    childOf: kubelet.childOf,
    standIn: standIn.pid,
    now: () => performance.now(),
    wait: (milliseconds: number) => setTimeout(milliseconds),
  }
  const pathOf = (pod: Pod, container: string, run: number): string =>
    logPath(`${options.stateDirectory}/pods`, pod, container, run)
  const attached: AttachOptions = {
    childOf: ({ pod, container }) => kubelet.childOf(objectKey(pod), container.name),
    logOf: ({ pod, container, run }) => pathOf(pod, container.name, run),
  }
  return {
    logPath: pathOf,
    logTimes,
    run: (request) => runPodCommand(commands, request),
    attach: (request) => attachTo(attached, request),
    connect: connectTo,
    usage: () => readUsage(measured),
  }
}

/** From the fabric, which reaches every Pod. */
function connectTo(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
