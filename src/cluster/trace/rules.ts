import type { RuleOutcome } from '../../explain/trace/report.ts'
import { hostAndPort } from '../../lib/ip.ts'
import { evaluateAll, type Evaluation } from '../../nft/evaluate.ts'
import type { Packet } from '../../nft/packet.ts'
import { type RuleStep, ruleSteps } from '../../nft/rule-steps.ts'
import type { Hook, Table } from '../../nft/ruleset.ts'

/** A packet of the client, and where it meets rules. */
export interface RulePlace {
  readonly place: string
  readonly table: Table
  /** `output`: the client is a process of the node itself. */
  readonly hook: 'prerouting' | 'output'
  readonly localAddresses: readonly string[]
}

export interface RulePacket {
  readonly protocol: 'TCP' | 'UDP'
  readonly source: string
  readonly address: string
  readonly port: number
}

/** What the rules that the kernel holds do with the first packet of a connection: every endpoint that they may choose. */
export function judgeRules(at: RulePlace, packet: RulePacket): RuleOutcome {
  const first: Packet = {
    family: packet.address.includes(':') ? 6 : 4,
    l4proto: packet.protocol.toLowerCase(),
    saddr: packet.source,
    daddr: packet.address,
    sport: 40_000,
    dport: packet.port,
    iifname: 'eth0',
    oifname: 'eth0',
    ct: { state: 'new', status: [] },
  }
  const environment = { localAddresses: new Set(at.localAddresses) }
  const ways = evaluateAll([at.table], at.hook, first, environment)
  const choices = [...new Set(ways.flatMap(translation))]
  const here = { place: at.place, packet: `${packet.address}:${packet.port}`, choices }
  const entered = ruleSteps(at.hook, ways)
  const refused = ways.find(isEnd)
  if (refused !== undefined) {
    return { ...here, outcome: wordOf(refused), chains: chainsOf(ways), steps: entered }
  }
  const further = ways.map((way) => laterHooks(at, way.packet, environment))
  const later = further.flatMap(({ evaluations }) => evaluations)
  const steps = [...entered, ...uniqueSteps(further.flatMap((one) => one.steps))]
  const end = further.every(({ evaluations }) => evaluations.some(isEnd)) ? later.find(isEnd) : undefined
  const chains = [...new Set([...chainsOf(ways), ...chainsOf(later)])]
  if (end !== undefined) return { ...here, outcome: wordOf(end), chains, steps }
  return choices.length > 0
    ? { ...here, outcome: 'translated', chains: chainsOf(ways), steps }
    : { ...here, outcome: 'untouched', chains, steps }
}

interface Later {
  readonly evaluations: readonly Evaluation[]
  readonly steps: readonly RuleStep[]
}

/** The hooks after the first: into the node itself, or through it; a packet that is ended goes no further. */
function laterHooks(
  at: RulePlace,
  packet: Packet,
  environment: { readonly localAddresses: ReadonlySet<string> },
): Later {
  const through = environment.localAddresses.has(packet.daddr)
    ? (['input'] as const)
    : (['forward', 'postrouting'] as const)
  const hooks: readonly Hook['hook'][] = at.hook === 'output' ? ['postrouting'] : through
  const evaluations: Evaluation[] = []
  const steps: RuleStep[] = []
  for (const hook of hooks) {
    const ways = evaluateAll([at.table], hook, packet, environment)
    evaluations.push(...ways)
    steps.push(...ruleSteps(hook, ways))
    if (ways.some(isEnd)) break
  }
  return { evaluations, steps }
}

function uniqueSteps(steps: readonly RuleStep[]): readonly RuleStep[] {
  return [...new Map(steps.map((step) => [JSON.stringify(step), step])).values()]
}

function isEnd({ outcome }: Evaluation): boolean {
  return outcome.kind === 'reject' || outcome.kind === 'drop'
}

function translation({ outcome }: Evaluation): readonly string[] {
  return outcome.kind === 'dnat' ? [hostAndPort(outcome.address, outcome.port)] : []
}

/** Those in which a rule matched; not those that a policy ended. */
function chainsOf(ways: readonly Evaluation[]): readonly string[] {
  return [
    ...new Set(
      ways.flatMap(({ decisions }) => decisions.flatMap(({ chain, rule }) => (rule === undefined ? [] : [chain]))),
    ),
  ]
}

function wordOf({ outcome }: Evaluation): RuleOutcome['outcome'] {
  return outcome.kind === 'drop' ? 'dropped' : 'refused'
}
