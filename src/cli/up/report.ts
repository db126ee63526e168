import type { ListenerStatus, NetworkStatus } from '../../cluster/control/status.ts'
import { portsReport } from '../../explain/report/chains.ts'
import type { PortChain } from '../../model/port-chain.ts'
import { hostAndPort } from '../../lib/ip.ts'
import { podsReport } from '../../explain/report/pods.ts'

/** What a network offers, once it runs: its Pods and every chain with the address to open. */
export function networkReport(status: NetworkStatus): string {
  const pods = status.pods.length === 0 ? '' : `${podsReport(status.pods)}\n`
  const chains = status.chains.filter(({ service }) => !isOwn(service))
  return `${pods}${portsReport(chains, status.listeners)}`
}

/** What every network has: its own Services are no news. */
export function isOwn({ namespace, name }: PortChain['service']): boolean {
  return namespace === 'kube-system' || (namespace === 'default' && name === 'kubernetes')
}

/** No list of the machine's has it. */
const INVISIBLE = 'a socket that does not listen, such as that of another network whose Service has no endpoint'

/** A sentence for each host port that is not the one that was wanted. */
export function listenerNotes(listeners: readonly ListenerStatus[]): readonly string[] {
  return listeners.flatMap(({ address, wantedPort, port, service, error, holder }) => {
    if (port === wantedPort) return []
    const why = error === 'EADDRINUSE' ? `in use by ${holder ?? INVISIBLE}` : reasonOf(error)
    const instead = port === undefined ? 'it is not open on the host' : `it is at ${hostAndPort(address, port)} instead`
    return [`${service}: ${hostAndPort(address, wantedPort)} is ${why}; ${instead}`]
  })
}

function reasonOf(error: string | undefined): string {
  if (error === 'EACCES') return 'a port that only root may open'
  if (error === 'EADDRNOTAVAIL') return 'no address of this machine'
  if (error?.includes('EMFILE')) return 'more than the limit of open files allows ("ulimit -n")'
  return `refused (${error ?? 'unknown'})`
}

/** Why Pods are not ready, where that is known, a sentence each; the first whose program ended names the way to its words. */
export function podWarnings(status: NetworkStatus): readonly string[] {
  const late = status.pods.filter(
    ({ ready, phase, message }) => !ready && phase !== 'Succeeded' && phase !== 'Terminating' && message,
  )
  const ended = late.find(({ reason }) => reason === 'CrashLoopBackOff' || reason === 'Error')
  return late.map((pod) => {
    const { namespace, name, reason, message } = pod
    const seeLog = pod === ended ? `; see "portolan logs ${namespace}/${name} --name ${status.name}"` : ''
    return `Pod ${namespace}/${name} is not ready: ${reason}: ${message}${seeLog}`
  })
}

/** What nothing will answer on, a sentence each. `said`: codes of what was said of the manifest already. */
export function chainWarnings(status: NetworkStatus, said: ReadonlySet<string>): readonly string[] {
  const warnings = status.chains.flatMap((chain) =>
    chain.problems
      .filter(({ severity }) => severity !== 'info')
      .filter(({ code }) => code !== 'PTL305' && !said.has(code))
      .map(({ code, message }) => `${code} Service ${chain.service.namespace}/${chain.service.name}: ${message}`),
  )
  // Each port of a Service says the same of its selector.
  return [...new Set(warnings)]
}

/** What is otherwise than in a cluster, a sentence each. */
export function differences({ pods }: NetworkStatus): readonly string[] {
  if (pods.length === 0) return []
  return [
    ...(pods.some(({ hasUnansweredProbes }) => hasUnansweredProbes)
      ? ['probes that a stand-in cannot answer (exec, gRPC, HTTPS, a port that is not declared) count as passed']
      : []),
    'Pods reach this network only: an address outside it is unreachable at once',
  ]
}
