import type { Pod } from '../../api/core.ts'
import { standInPorts } from '../../kubelet/stand-in-ports.ts'
import type { PortChain, PortChainBackend } from '../../model/port-chain.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'

/**
 * Adds what the network knows of its own stand-ins: they listen on declared ports and nowhere else, so that a chain that
 * leads elsewhere ends at nothing. Of a program of the user's that is not known.
 */
export function withSilentChains(chains: readonly PortChain[], snapshot: Snapshot): readonly PortChain[] {
  return chains.map((chain) => {
    const ready = chain.backends.filter(({ ready }) => ready)
    if (ready.length === 0 || !ready.every((backend) => isSilent(chain, backend, snapshot))) return chain
    const port = `${ready[0]?.containerPort ?? chain.targetPort}/${chain.protocol}`
    const message = `nothing listens on ${port} in its Pods: a stand-in listens on the declared containerPorts only`
    const problem = { code: 'PTL901', name: 'nothing-listening', severity: 'error', message } as const
    return { ...chain, problems: [problem, ...chain.problems] }
  })
}

function isSilent(chain: PortChain, { pod: name, containerPort }: PortChainBackend, snapshot: Snapshot): boolean {
  const pod = name && get(snapshot, 'Pod', `${name.namespace}/${name.name}`)
  if (pod === undefined || !runsStandInsOnly(pod)) return false
  const ports = pod.spec.containers.map((container) => standInPorts(pod, container))
  if (ports.some((found) => typeof found === 'string')) return false
  return !ports
    .flatMap((found) => (typeof found === 'string' ? [] : found.ports))
    .some(
      ({ port, protocol, address }) => port === containerPort && protocol === chain.protocol && !isLoopback(address),
    )
}

function runsStandInsOnly({ status }: Pod): boolean {
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])]
  return statuses.length > 0 && statuses.every(({ imageID }) => imageID === 'stand-in')
}

function isLoopback(address: string | undefined): boolean {
  return address?.startsWith('127.') ?? false
}
