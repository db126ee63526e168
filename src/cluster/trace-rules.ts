import type { RuleOutcome } from '../explain/trace/observation.ts'
import { evaluateAll, type Evaluation } from '../nft/evaluate.ts'
import type { Packet } from '../nft/packet.ts'
import type { Hook, Table } from '../nft/ruleset.ts'

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
    family: 4,
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
  const chains = [...new Set(ways.flatMap(chainsOf))]
  const refused = ways.find(({ outcome }) => outcome.kind === 'reject' || outcome.kind === 'drop')
  if (refused !== undefined) return { place: at.place, outcome: wordOf(refused), chains, choices }
  if (choices.length > 0) return { place: at.place, outcome: 'translated', chains, choices }
  const isLocal = environment.localAddresses.has(packet.address)
  const next: Hook['hook'] = at.hook === 'output' ? 'output' : isLocal ? 'input' : 'forward'
  const later = at.hook === 'output' ? ways : evaluateAll([at.table], next, first, environment)
  const end = later.find(({ outcome }) => outcome.kind === 'reject' || outcome.kind === 'drop')
  const passed = [...new Set([...chains, ...later.flatMap(chainsOf)])]
  return { place: at.place, outcome: end === undefined ? 'untouched' : wordOf(end), chains: passed, choices: [] }
}

function translation({ outcome }: Evaluation): readonly string[] {
  return outcome.kind === 'dnat' ? [`${outcome.address}:${outcome.port}`] : []
}

/** Those in which a rule matched; not those that a policy ended. */
function chainsOf({ decisions }: Evaluation): readonly string[] {
  return decisions.flatMap(({ chain, rule }) => (rule === undefined ? [] : [chain]))
}

function wordOf({ outcome }: Evaluation): RuleOutcome['outcome'] {
  return outcome.kind === 'drop' ? 'dropped' : 'refused'
}
