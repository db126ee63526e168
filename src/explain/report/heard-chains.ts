/** Chains with what listens in the Pods: a program need not listen where its manifest says. */
import type { ChainProblem } from '../../model/port-chain-problems.ts'
import type { PortChain, PortChainBackend } from '../../model/port-chain.ts'
import { socketOf } from '../chart/sockets.ts'
import type { Observation } from '../trace/observation.ts'

type Sockets = Observation['sockets']

/** Pods that have to be looked at: `namespace/name`, each once. What is broken already needs no look. */
export function podsToHear(chains: readonly PortChain[]): readonly string[] {
  const backends = chains.filter(({ problems }) => problems.every(({ severity }) => severity !== 'error'))
  return [...new Set(backends.flatMap((chain) => chain.backends.flatMap((backend) => keyOf(backend) ?? [])))]
}

/** A chain is broken where no ready Pod of it listens. Where one was not looked at, nothing is said. */
export function heardChains(chains: readonly PortChain[], sockets: Sockets): readonly PortChain[] {
  return chains.map((chain) => {
    const ready = chain.backends.filter((backend) => backend.ready)
    const found = ready.map((backend) => problemOf(chain, backend, sockets))
    const [problem] = found
    if (problem === undefined || found.includes(undefined)) return chain
    const isSaid = chain.problems.some(({ severity }) => severity === 'error')
    return isSaid ? chain : { ...chain, problems: [problem, ...chain.problems] }
  })
}

function keyOf({ pod, ready, containerPort }: PortChainBackend): string | undefined {
  return pod === undefined || !ready || containerPort === undefined ? undefined : `${pod.namespace}/${pod.name}`
}

function problemOf({ protocol }: PortChain, backend: PortChainBackend, sockets: Sockets): ChainProblem | undefined {
  const seen = sockets[keyOf(backend) ?? '']
  if (seen === undefined || protocol === 'SCTP') return undefined
  const { ip = null, containerPort: port = null } = backend
  const { problem, listens, port: heard } = socketOf(seen, { port, address: ip }, protocol)
  const rule = LIVE_RULES.find(({ code }) => code === problem?.rule)
  if (problem === null || rule === undefined) return undefined
  const who = heard === null ? listens : listens.replace(/ (\S+)$/, ' listens on $1')
  const message = rule.code === 'PTL901' ? `${problem.text}: ${who}` : `nothing takes ${port}: ${who} only`
  return { code: rule.code, name: rule.name, severity: 'error', message }
}

const LIVE_RULES = [
  { code: 'PTL901', name: 'nothing-listening' },
  { code: 'PTL902', name: 'listening-on-loopback-only' },
  { code: 'PTL903', name: 'listening-on-other-family' },
] as const
