/**
 * Walks a packet through tables as nf_tables does at one hook: base chains in order of priority, each until a verdict. Pure:
 * what rules change (mark, dynamic sets, counters of `numgen`) is given back.
 */
import { cidrContains, parseCIDR, parseIP } from '../lib/ip.ts'
import { compare, evaluateKey, evaluateSelector, findElement, type Surroundings } from './evaluate-expression.ts'
import { needsTcp } from './encode-rule.ts'
import type { Packet } from './packet.ts'
import {
  type Chain,
  type Element,
  elementKey,
  type Expression,
  type Family,
  type Hook,
  type Rule,
  type Selector,
  type Statement,
  type Table,
  type Verdict,
} from './ruleset.ts'

export interface Environment {
  /** Addresses that `fib` finds local, besides loopback. */
  readonly localAddresses: ReadonlySet<string>
  /** The last number of each rule's `numgen inc`, by `rulePlace`. Absent: the rule was never passed. */
  readonly counters?: ReadonlyMap<string, number>
  /** What `numgen` gives instead: 0 .. modulus - 1. Without it `inc` counts on and `random` gives 0. */
  readonly choose?: (numgen: Selector & { readonly kind: 'numgen' }) => number
}

export type Outcome =
  | { readonly kind: 'accept' | 'drop' }
  | { readonly kind: 'reject'; readonly with: 'port-unreachable' | 'tcp reset' }
  | { readonly kind: 'dnat'; readonly address: string; readonly port: number }
  | { readonly kind: 'snat'; readonly address: string }
  | { readonly kind: 'masquerade' }

/** A rule that matched, or the policy of a base chain whose rules ended without a verdict. */
export interface Decision {
  readonly family: Family
  readonly table: string
  readonly chain: string
  /** Its place in the chain, from 0; absent where the policy decided. */
  readonly index?: number
  readonly rule?: Rule
  readonly policy?: 'accept' | 'drop'
  /** What was found in sets and maps. */
  readonly elements: readonly { readonly set: string; readonly element: Element }[]
}

export interface Evaluation {
  readonly outcome: Outcome
  /** After translation and with its mark: what the next hook sees. A masqueraded source stays as it was. */
  readonly packet: Packet
  /** In the order in which they were passed. */
  readonly decisions: readonly Decision[]
  /** With what rules have added to dynamic sets. Timeouts are not kept. */
  readonly tables: readonly Table[]
  readonly counters: ReadonlyMap<string, number>
}

/** Which rule a counter belongs to. */
export function rulePlace(
  table: { readonly family: Family; readonly name: string },
  chain: string,
  index: number,
): string {
  return `${table.family} ${table.name} ${chain} ${index}`
}

/** One packet at one hook, of all tables of its family. */
export function evaluate(
  tables: readonly Table[],
  hook: Hook['hook'],
  packet: Packet,
  environment: Environment,
): Evaluation {
  const walk: Walk = { environment, packet, tables, decisions: [], counters: new Map(environment.counters) }
  const family = packet.family === 4 ? 'ip' : 'ip6'
  const chains = tables
    .filter((table) => table.family === family || table.family === 'inet')
    .flatMap((table) => [...table.chains.values()].map((chain) => ({ table, chain })))
    .filter(({ chain }) => chain.hook?.hook === hook)
    .sort((a, b) => (a.chain.hook?.priority ?? 0) - (b.chain.hook?.priority ?? 0))
  let outcome: Outcome = { kind: 'accept' }
  for (const { table, chain } of chains) {
    // Only a flow's first packet passes nat chains, and only until one of them has translated it.
    if (chain.hook?.type === 'nat' && (walk.packet.ct.state !== 'new' || outcome.kind !== 'accept')) continue
    const result = walkChain(walk, table, chain, 0) ?? policyOf(walk, table, chain)
    if (result.kind === 'drop' || result.kind === 'reject') {
      outcome = result
      break
    }
    if (result.kind !== 'accept') outcome = translate(walk, result)
  }
  const { decisions, counters } = walk
  return { outcome, packet: walk.packet, decisions, tables: walk.tables, counters }
}

/** Every way that `numgen` can go, in order of its numbers: one evaluation for each. */
export function evaluateAll(
  tables: readonly Table[],
  hook: Hook['hook'],
  packet: Packet,
  environment: Omit<Environment, 'choose' | 'counters'>,
): readonly Evaluation[] {
  const evaluations: Evaluation[] = []
  let prefix: readonly number[] | undefined = []
  while (prefix !== undefined) {
    const taken: { readonly number: number; readonly modulus: number }[] = []
    const given: readonly number[] = prefix
    const choose = ({ modulus }: { readonly modulus: number }): number => {
      const number = given[taken.length] ?? 0
      taken.push({ number, modulus })
      return number
    }
    evaluations.push(evaluate(tables, hook, packet, { ...environment, choose }))
    const last = taken.findLastIndex(({ number, modulus }) => number + 1 < modulus)
    prefix = last < 0 ? undefined : taken.slice(0, last + 1).map(({ number }, i) => (i === last ? number + 1 : number))
  }
  return evaluations
}

interface Walk {
  readonly environment: Environment
  packet: Packet
  tables: readonly Table[]
  readonly decisions: Decision[]
  readonly counters: Map<string, number>
}

function policyOf(walk: Walk, table: Table, chain: Chain): Outcome {
  const policy = chain.hook?.policy ?? 'accept'
  walk.decisions.push({ family: table.family, table: table.name, chain: chain.name, policy, elements: [] })
  return { kind: policy }
}

/** Changes the packet as a translation does, and gives the translation back. */
function translate(walk: Walk, outcome: Outcome): Outcome {
  const { packet } = walk
  const { saddr, daddr, dport } = packet
  const original = packet.ct.original ?? { saddr, daddr, ...(dport === undefined ? {} : { dport }) }
  if (outcome.kind === 'dnat') {
    const ct = { ...packet.ct, status: [...packet.ct.status, 'dnat' as const], original }
    walk.packet = { ...packet, daddr: outcome.address, dport: outcome.port, ct }
  } else {
    const ct = { ...packet.ct, status: [...packet.ct.status, 'snat' as const], original }
    walk.packet = { ...packet, saddr: outcome.kind === 'snat' ? outcome.address : saddr, ct }
  }
  return outcome
}

/** The kernel refuses deeper nesting, and loops. */
const deepest = 16

/** Undefined where the chain's rules end, or return, without a verdict. */
function walkChain(walk: Walk, table: Table, chain: Chain, depth: number): Outcome | undefined {
  if (depth > deepest) throw new RangeError(`chain ${chain.name}: more than ${deepest} jumps`)
  for (const [index, rule] of chain.rules.entries()) {
    const found: Found[] = []
    const control = walkRule({ walk, table, place: rulePlace(table, chain.name, index), found }, rule)
    if (control === 'no match') continue
    walk.decisions.push({ family: table.family, table: table.name, chain: chain.name, index, rule, elements: found })
    if (control === 'next') continue
    if (!('verdict' in control)) return control
    const { verdict } = control
    if (!('chain' in verdict)) return undefined
    const target = table.chains.get(verdict.chain)
    if (target === undefined) throw new RangeError(`chain ${verdict.chain} is not there`)
    const outcome = walkChain(walk, table, target, depth + 1)
    if (outcome !== undefined || verdict.kind === 'goto') return outcome
  }
  return undefined
}

interface Found {
  readonly set: string
  readonly element: Element
}

interface RuleWalk {
  readonly walk: Walk
  readonly table: Table
  readonly place: string
  readonly found: Found[]
}

type Control = 'next' | 'no match' | Outcome | { readonly verdict: Verdict }

function walkRule(at: RuleWalk, rule: Rule): Control {
  for (const statement of rule.statements) {
    if (needsTcp(rule, statement) && at.walk.packet.l4proto !== 'tcp') return 'no match'
    const control = walkStatement(at, statement)
    if (control !== 'next') return control
  }
  return 'next'
}

function controlOf(verdict: Verdict): Control {
  if (verdict.kind === 'accept' || verdict.kind === 'drop') return { kind: verdict.kind }
  return verdict.kind === 'continue' ? 'next' : { verdict }
}

function walkStatement(at: RuleWalk, statement: Statement): Control {
  const { walk } = at
  switch (statement.kind) {
    case 'match': {
      const value = evaluateSelector(statement.left, walk.packet, surroundings(at))
      return value !== undefined && compare(statement, value) ? 'next' : 'no match'
    }
    case 'lookup':
      return walkLookup(at, statement)
    case 'vmap': {
      const data = find(at, statement.key, statement.map)?.data
      return data !== undefined && 'kind' in data ? controlOf(data) : 'no match'
    }
    case 'verdict':
      return controlOf(statement.verdict)
    case 'counter':
    case 'nftrace':
      return 'next'
    case 'dnat': {
      const [address, port] = 'kind' in statement.to ? fieldsOf(at, statement.to) : statement.to
      return address === undefined || port === undefined ? 'no match' : { kind: 'dnat', address, port: Number(port) }
    }
    case 'masquerade':
      return { kind: 'masquerade' }
    case 'snat':
      return { kind: 'snat', address: statement.to }
    case 'reject':
      return { kind: 'reject', with: statement.with }
    case 'mark':
    case 'priority':
      return walkMeta(at, statement)
    default:
      return walkDynamic(at, statement)
  }
}

function walkLookup(at: RuleWalk, { key, set, not }: Statement & { readonly kind: 'lookup' }): Control {
  const fields = evaluateKey(key, at.walk.packet, surroundings(at))
  if (fields === undefined) return 'no match'
  return (findIn(at, fields, set) !== undefined) === !not ? 'next' : 'no match'
}

function walkMeta(at: RuleWalk, { kind, value }: Statement & { readonly kind: 'mark' | 'priority' }): Control {
  const [number] = fieldsOf(at, value)
  if (number === undefined) return 'no match'
  at.walk.packet = { ...at.walk.packet, [kind]: Number(number) }
  return 'next'
}

function walkDynamic(at: RuleWalk, statement: Statement & { readonly kind: 'update' | 'delete' }): Control {
  const { kind, set: name, key, data } = statement
  const fields = evaluateKey(key, at.walk.packet, surroundings(at))
  const value = data === undefined ? undefined : fieldsOf(at, data)
  if (fields === undefined || value?.length === 0) return 'no match'
  const element: Element = value === undefined ? { key: fields } : { key: fields, data: value }
  const place = elementKey(element)
  at.walk.tables = at.walk.tables.map((table) => {
    const set = table.sets.get(name)
    if (table.family !== at.table.family || table.name !== at.table.name || set === undefined) return table
    // An element that is there keeps its data.
    if (kind === 'update' && set.elements.has(place)) return table
    const elements = kind === 'update' ? set.elements.set(place, element) : set.elements.delete(place)
    return { ...table, sets: table.sets.set(name, { ...set, elements }) }
  })
  return 'next'
}

/** The fields of an expression's value; none where it has no value. */
function fieldsOf(at: RuleWalk, expression: Expression): readonly string[] {
  if (expression.kind === 'constant') return [`${expression.value}`]
  if (expression.kind === 'map') {
    const data = find(at, expression.key, expression.map)?.data
    return data === undefined || 'kind' in data ? [] : data
  }
  const value = evaluateSelector(expression, at.walk.packet, surroundings(at))
  return value === undefined ? [] : [value]
}

function find(at: RuleWalk, key: readonly Selector[], set: string): Element | undefined {
  const fields = evaluateKey(key, at.walk.packet, surroundings(at))
  return fields && findIn(at, fields, set)
}

function findIn(at: RuleWalk, fields: readonly string[], name: string): Element | undefined {
  const { family, name: table } = at.table
  // Of the walk's tables: a rule before may have added to the set.
  const set = at.walk.tables.find((other) => other.family === family && other.name === table)?.sets.get(name)
  if (set === undefined) throw new RangeError(`set ${name} is not there`)
  const element = findElement(set, fields)
  if (element !== undefined) at.found.push({ set: name, element })
  return element
}

function surroundings({ walk, place }: RuleWalk): Surroundings {
  const { localAddresses, choose } = walk.environment
  return {
    isLocal: (address) => localAddresses.has(address) || isLoopback(address),
    number: (numgen) => {
      if (choose !== undefined) return choose(numgen)
      if (numgen.mode === 'random') return 0
      const last = walk.counters.get(place)
      const next = last === undefined || last + 1 >= numgen.modulus ? 0 : last + 1
      walk.counters.set(place, next)
      return next
    },
  }
}

const loopback = ['127.0.0.0/8', '::1/128'].map(parseCIDR)

function isLoopback(address: string): boolean {
  const ip = parseIP(address)
  return ip !== undefined && loopback.some((cidr) => cidr !== undefined && cidrContains(cidr, ip))
}
