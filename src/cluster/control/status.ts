import type { ContainerStatus } from '../../api/core.ts'
import { PROBED } from '../../kubelet/pod-status.ts'
import type { HostAddress } from '../../explain/report/chains.ts'
import type { PodLine } from '../../explain/report/pods.ts'
import { portChains, type PortChain } from '../../model/port-chain.ts'
import { withSilentChains } from './silent-chains.ts'
import { list, type Snapshot } from '../../model/snapshot.ts'

/** What a running network looks like from outside: what `status`, `ports` and `up` print. */
export interface NetworkStatus {
  readonly name: string
  /** `addresses`: of each family; `address` is the first. */
  readonly nodes: readonly { readonly name: string; readonly address: string; readonly addresses: readonly string[] }[]
  readonly pods: readonly PodSummary[]
  readonly chains: readonly PortChain[]
  readonly listeners: readonly ListenerStatus[]
}

export interface PodSummary extends PodLine {
  /** What is behind the reason, where that is known. */
  readonly message?: string
  /** Probes that a stand-in cannot answer count as passed. */
  readonly hasUnansweredProbes: boolean
}

/** A port of the host, and what it leads to. */
export interface ListenerStatus extends HostAddress {
  readonly target: { readonly address: string; readonly port: number }
  readonly error?: string
  readonly holder?: string
}

export function networkStatus(name: string, snapshot: Snapshot, listeners: readonly ListenerStatus[]): NetworkStatus {
  return {
    name,
    nodes: list(snapshot, 'Node').map(({ metadata, status }) => {
      const internal = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP')
      const addresses = internal.map(({ address }) => address)
      return { name: metadata.name, address: addresses[0] ?? '', addresses }
    }),
    pods: podSummaries(snapshot),
    chains: withSilentChains(portChains(snapshot), snapshot),
    listeners,
  }
}

function podSummaries(snapshot: Snapshot): readonly PodSummary[] {
  return list(snapshot, 'Pod').map(({ metadata, spec, status }) => {
    const statuses = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
    const stopped = statuses.find(({ state }) => (state.waiting ?? state.terminated) !== undefined)
    const unmet = status?.conditions?.find(({ status, message }) => status === 'False' && message !== undefined)
    const probed = status?.conditions?.find(({ type }) => type === PROBED)
    const failing = probed?.reason === 'Unhealthy' ? probed : undefined
    const reason =
      status?.reason ?? stopped?.state.waiting?.reason ?? stopped?.state.terminated?.reason ?? failing?.reason
    const message =
      status?.message ?? causeOf(stopped) ?? failing?.message ?? (reason === undefined ? undefined : unmet?.message)
    return {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      node: spec.nodeName ?? '',
      ip: status?.podIP ?? '',
      ips: (status?.podIPs ?? []).map(({ ip }) => ip),
      phase: metadata.deletionTimestamp === undefined ? (status?.phase ?? 'Pending') : 'Terminating',
      ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
      restarts: statuses.reduce((sum, { restartCount }) => sum + restartCount, 0),
      reason: reason ?? unmet?.message ?? '',
      ...(message === undefined ? {} : { message }),
      runs: [...new Set((status?.containerStatuses ?? []).map(({ imageID }) => imageID))],
      images: spec.containers.flatMap(({ image }) => image ?? []),
      hasUnansweredProbes: probed?.message?.includes('counts as passed') ?? false,
    }
  })
}

/** Of a container that is started again and again, what ended it the last time. */
function causeOf(container: ContainerStatus | undefined): string | undefined {
  const { waiting, terminated } = container?.state ?? {}
  const last = waiting?.reason === 'CrashLoopBackOff' ? container?.lastState?.terminated : terminated
  if (last !== undefined) return last.message ?? `exit code ${last.exitCode}`
  return waiting?.message
}
