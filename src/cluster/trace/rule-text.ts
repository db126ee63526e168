/** What is known of the rules that traced packets met: of ours from the tables, of others' from the kernel and from nft. */
import { execFileSync } from 'node:child_process'
import type { DescribeStep } from '../../nft/follow-packets.ts'
import type { RuleOutcome } from '../../explain/trace/report.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import { openNetlink, type NetlinkSocket } from '../../host/netlink.ts'
import { hookOfChain, listRules, type ListedRule } from '../../nft/read-rules.ts'
import { renderRule } from '../../nft/render-rule.ts'
import type { Family, Table } from '../../nft/ruleset.ts'
import type { TraceEvent } from '../../nft/trace-event.ts'
import type { PacketPlaces } from './packets.ts'

export interface RuleTexts {
  readonly describe: DescribeStep
  close(): void
}

interface Chain {
  readonly hook: string
  readonly rules: readonly ListedRule[]
  /** As nft prints them, by handle. */
  readonly texts: ReadonlyMap<number, string>
}

type TableOf = (place: string, table: string) => Table | undefined

/** `outcomes`: what the same tables are expected to do, for the elements that rules find in sets. */
export function ruleTexts(places: PacketPlaces, tableOf: TableOf, outcomes: readonly RuleOutcome[]): RuleTexts {
  const sockets = new Map<string, NetlinkSocket>()
  const chains = new Map<string, Chain>()
  const socketOf = (place: string): NetlinkSocket => {
    const socket = sockets.get(place) ?? openNetlink('netfilter', places.get(place))
    sockets.set(place, socket)
    return socket
  }
  const chainOf = (place: string, event: TraceEvent): Chain => {
    const key = `${place} ${event.table} ${event.chain}`
    const isOurs = tableOf(place, event.table) !== undefined
    const chain = chains.get(key) ?? readChain(socketOf(place), places.get(place), event, isOurs)
    chains.set(key, chain)
    return chain
  }
  return {
    describe(place, event) {
      const { hook, rules, texts } = chainOf(place, event)
      const index = rules.findIndex(({ handle }) => handle === event.handle)
      const table = tableOf(place, event.table)
      const rule = table?.chains.get(event.chain)?.rules[index]
      const comment = rules[index]?.comment ?? null
      const text = rule && table ? renderRule(table.family, rule) : (texts.get(event.handle ?? -1) ?? '')
      const expected = outcomes
        .filter((outcome) => outcome.place === place)
        .flatMap(({ steps }) => steps)
        .find((step) => step.table === event.table && step.chain === event.chain && step.rule === index)
      return {
        hook,
        rule: index < 0 ? null : index,
        text: event.kind === 'policy' ? `policy ${event.verdict}` : text,
        comment: comment === null ? null : Buffer.from(comment, 'latin1').toString('utf8'),
        elements: rule === undefined ? [] : (expected?.elements ?? []),
      }
    },
    close: () => sockets.forEach((socket) => socket.close()),
  }
}

/** A chain that is gone meanwhile has nothing to tell. */
function readChain(
  socket: NetlinkSocket,
  namespace: NetworkNamespace | undefined,
  event: TraceEvent,
  isOurs: boolean,
): Chain {
  const [family = '', table = ''] = event.table.split(' ', 2)
  const name = { family: family as Family, table, chain: event.chain }
  try {
    const hook = hookOfChain(socket.ask, name) ?? ''
    return { hook, rules: listRules(socket.dump, name), texts: isOurs ? new Map() : askNft(namespace, event) }
  } catch {
    return { hook: '', rules: [], texts: new Map() }
  }
}

/** Milliseconds for nft: a list of one chain takes ten. */
const PATIENCE = 500

/** nft's own words, where there is such a program: everything else about the rule is known without it. */
function askNft(namespace: NetworkNamespace | undefined, { table, chain }: TraceEvent): ReadonlyMap<number, string> {
  try {
    const command = ['-a', 'list', 'chain', ...table.split(' '), chain]
    const listing = inNamespace(namespace, () =>
      execFileSync('nft', command, { encoding: 'utf8', timeout: PATIENCE, stdio: ['ignore', 'pipe', 'ignore'] }),
    )
    const rules = [...listing.matchAll(/^\t\t(.*) # handle (\d+)$/gm)]
    return new Map(rules.map(([, text = '', handle]) => [Number(handle), text]))
  } catch {
    return new Map()
  }
}
