import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'
import { diff } from '../../../src/nft/diff.ts'
import { nftablesBackend, type NodeProgram } from '../../../src/proxy/backends/nftables.ts'
import { type BalancerProgram, compileLoadBalancer } from '../../../src/proxy/load-balancer.ts'
import { CONTEXTS, servicesOf } from '../../conformance/service-proxy/address-plan.ts'
import { BALANCER_CONTEXT } from './many-services.ts'
import { applyStep, connectStep, inNetwork, listenersAt, type Step } from './network.ts'

/** What happens one after the other: the Services become others, or a connection is made and ends somewhere. */
export type Act = readonly ServicePortInfo[] | readonly [from: string, to: string, expect: string]

export interface Scenario {
  readonly name: string
  readonly acts: readonly Act[]
}

export interface Played {
  /** Where each connection ended, and where it should have. */
  readonly ends: readonly { readonly seen: unknown; readonly expected: string }[]
  /** What the kernel refused. */
  readonly failures: readonly unknown[]
}

const endpoints = ['A:8080', 'B:8080', 'C:8080', 'D:8080']

/** Plays all scenarios in one network, each from empty tables on. `balanced`: with a load balancer outside the nodes. */
export function play(scenarios: readonly Scenario[], balanced: readonly string[] = []): readonly Played[] {
  const steps: Step[] = []
  const nodes = new Map<string, NodeProgram>()
  let balancer: BalancerProgram | undefined
  const change = (infos: readonly ServicePortInfo[]): void => {
    steps.push({ settle: true })
    for (const node of CONTEXTS) {
      const [before, next] = [
        nodes.get(node.name),
        nftablesBackend.compile(servicesOf(infos), node, nodes.get(node.name)),
      ]
      steps.push(applyStep(node.name, nftablesBackend.diff(before, next)))
      nodes.set(node.name, next)
    }
    if (balanced.length === 0) return
    const next = compileLoadBalancer(servicesOf(infos), BALANCER_CONTEXT, balancer)
    steps.push(applyStep('fabric', diff(balancer?.table, next.table)))
    balancer = next
  }
  const parts = scenarios.map(({ acts }) => {
    const from = steps.length
    const expected = new Map<number, string>()
    for (const act of [[], ...acts]) {
      if (!isConnection(act)) change(act)
      else expected.set(steps.push(connectStep(act[0], act[1])) - 1, act[2])
    }
    steps.push({ settle: true })
    return { from, to: steps.length, expected }
  })
  const answers = inNetwork({ listeners: endpoints.flatMap(listenersAt), balanced }, steps)
  return parts.map(({ from, to, expected }) => ({
    ends: [...expected].map(([step, end]) => ({ seen: answers[step], expected: end })),
    failures: answers.slice(from, to).flatMap((answer) => (Array.isArray(answer) ? answer : [])),
  }))
}

function isConnection(act: Act): act is readonly [string, string, string] {
  return typeof act[0] === 'string'
}
