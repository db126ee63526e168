import { hostAndPort } from '../../lib/ip.ts'
import type { PortChain, PortChainBackend } from '../../model/port-chain.ts'
import { formatTable } from './table.ts'

/** Where the host reaches a Service port. */
export interface HostAddress {
  readonly protocol: 'TCP' | 'UDP'
  readonly address: string
  /** Absent where it could not be opened. */
  readonly port?: number
  readonly wantedPort: number
  /** `namespace/name`, with `:port name` where it has one. */
  readonly service: string
}

/** `nodePort -> port -> targetPort`, with `= containerPort` where targetPort is a name. */
export function chainText(chain: PortChain): string {
  const numbers = [...new Set(chain.backends.flatMap(({ containerPort }) => containerPort ?? []))]
  const named = typeof chain.targetPort === 'string' && numbers.length > 0 ? ` = ${numbers.join('|')}` : ''
  const hops = [...(chain.nodePort > 0 ? [chain.nodePort] : []), chain.port, `${chain.targetPort}${named}`]
  return hops.join(' -> ')
}

/** `namespace/name`, with `:port name` where it has one. */
export function chainService({ service, portName }: PortChain): string {
  return `${service.namespace}/${service.name}${portName === '' ? '' : `:${portName}`}`
}

/** Nothing arrives, whatever Pods there are: nobody listens, or nobody sends packets there. */
const IN_ANY_CASE: ReadonlySet<string> = new Set(['PTL507', 'PTL901', 'PTL902', 'PTL903'])

/** Whether nothing can arrive. */
export function isBroken(chain: PortChain): boolean {
  const problems = chain.problems.filter(({ severity }) => severity !== 'info')
  return problems.some(({ code }) => IN_ANY_CASE.has(code)) || (problems.length > 0 && !chain.backends.some(isUsable))
}

function isUsable({ ready, containerPort }: PortChainBackend): boolean {
  return ready && containerPort !== undefined
}

/** The address to open: from the host where there is one, else by name from inside. */
export function openAddress(chain: PortChain, hosts: readonly HostAddress[]): string {
  const mine = hosts.filter(
    ({ service, protocol, port }) =>
      service === chainService(chain) && protocol === chain.protocol && port !== undefined,
  )
  const balanced = mine.find(({ wantedPort }) => wantedPort !== chain.nodePort)
  const best = balanced ?? mine[0]
  if (best === undefined) return `${insideName(chain)}:${chain.port}`
  return hostAndPort(best.address, best.port ?? best.wantedPort)
}

function insideName({ service }: PortChain): string {
  return service.namespace === 'default' ? service.name : `${service.name}.${service.namespace}`
}

/** One line a chain, broken ones first. */
export function portsReport(chains: readonly PortChain[], hosts: readonly HostAddress[]): string {
  if (chains.length === 0) return 'no Services\n'
  const ordered = chains.toSorted((a, b) => Number(isBroken(b)) - Number(isBroken(a)))
  const rows = ordered.map((chain) => [
    isBroken(chain) ? 'BROKEN' : 'ok',
    chainService(chain),
    chain.clusterIPs.length === 0 ? 'Headless' : chain.type,
    openAddress(chain, hosts),
    `${chainText(chain)}${chain.protocol === 'TCP' ? '' : `/${chain.protocol}`}`,
    behind(chain),
  ])
  return formatTable([['STATE', 'SERVICE', 'TYPE', 'OPEN', 'CHAIN', 'PODS'], ...rows])
}

function behind(chain: PortChain): string {
  const [problem] = chain.problems.filter(({ severity }) => severity !== 'info')
  if (isBroken(chain) && problem !== undefined) return `${problem.code} ${problem.message}`
  const names = chain.backends.map(({ pod, ip = '', ready }) => `${pod?.name ?? ip}${ready ? '' : ' (not ready)'}`)
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')
}
