/**
 * What turns one table into another, in an order that the kernel takes as one transaction. It also may be cut into several:
 * what nothing refers to yet comes first, then elements of sets that stay, then the switch: rules of chains that are there,
 * deletions, and base chains with their rules last.
 */
import { OrderedMap } from '../lib/ordered-map.ts'
import { equal } from './equal.ts'
import { effectiveElements } from './interval.ts'
import { type Operation, type TableName, tableName } from './operation.ts'
import type { Chain, Element, NftSet, Rule, Statement, Table } from './ruleset.ts'

/** Operations of one table. Whole phases of several tables may be put one after the other. */
interface Phases {
  readonly additions: readonly Operation[]
  readonly elements: readonly Operation[]
  readonly switch: readonly Operation[]
}

/** Empty where both have the same content. */
export function diff(previous: Table | undefined, next: Table | undefined): readonly Operation[] {
  return diffTables(previous ? [previous] : [], next ? [next] : [])
}

/** As `diff`, for several tables: they are told apart by family and name. */
export function diffTables(previous: readonly Table[], next: readonly Table[]): readonly Operation[] {
  const nameOf = (table: Table): string => `${table.family} ${table.name}`
  const before = new Map(previous.map((table) => [nameOf(table), table]))
  const after = new Set(next.map(nameOf))
  const gone = previous.filter((table) => !after.has(nameOf(table)))
  const phases = next.map((table) => tablePhases(before.get(nameOf(table)), table))
  return [
    ...gone.map((table): Operation => ({ kind: 'delete table', table: tableName(table) })),
    ...phases.flatMap((phase) => phase.additions),
    ...phases.flatMap((phase) => phase.elements),
    ...phases.flatMap((phase) => phase.switch),
  ]
}

function tablePhases(previous: Table | undefined, next: Table): Phases {
  const table = tableName(next)
  const { kept, removed, added, recreated } = changedSets(previous, next)
  const chains = chainPhases(table, previous, next, new Set(recreated.map((set) => set.name)))
  const addSet = (set: NftSet): Operation => ({ kind: 'add set', table, set })
  const fill = (set: NftSet): readonly Operation[] => addElements(table, set, effectiveElements(set))
  return {
    additions: [
      ...(previous === undefined ? [{ kind: 'add table', table } as const] : []),
      ...chains.added,
      ...added.map(addSet),
      ...chains.rulesOfAdded,
      ...added.flatMap(fill),
    ],
    elements: kept.flatMap(({ before, after }) => elementOperations(table, before, after)),
    switch: [
      ...chains.flushed,
      ...removed.map((set): Operation => ({ kind: 'delete set', table, set })),
      ...chains.deleted,
      ...recreated.map(addSet),
      ...recreated.flatMap(fill),
      ...chains.switched,
    ],
  }
}

interface ChangedSets {
  /** The same declaration: only elements change. */
  readonly kept: readonly { readonly before: NftSet; readonly after: NftSet }[]
  /** Also those that are made anew. */
  readonly removed: readonly NftSet[]
  readonly added: readonly NftSet[]
  /** Of a name that was there, but declared otherwise. */
  readonly recreated: readonly NftSet[]
}

function changedSets(previous: Table | undefined, next: Table): ChangedSets {
  const changes = (previous?.sets ?? OrderedMap.empty<NftSet>()).changes(next.sets)
  const pairs = changes.flatMap(({ before, after }) => (before && after ? [{ before, after }] : []))
  const kept = pairs.filter(({ before, after }) => sameDeclaration(before, after))
  const other = pairs.filter(({ before, after }) => !sameDeclaration(before, after))
  const gone = changes.flatMap(({ before, after }) => (before && !after ? [before] : []))
  const added = changes.flatMap(({ before, after }) => (after && !before ? [after] : []))
  return {
    kept,
    removed: [...gone, ...other.map(({ before }) => before)],
    added,
    recreated: other.map(({ after }) => after),
  }
}

function sameDeclaration(a: NftSet, b: NftSet): boolean {
  const { elements: _, ...left } = a
  const { elements: __, ...right } = b
  return equal(left, right)
}

function elementOperations(table: TableName, before: NftSet, after: NftSet): readonly Operation[] {
  if (after.dynamic) return []
  const changes = after.interval
    ? keyed(effectiveElements(before)).changes(keyed(effectiveElements(after)))
    : before.elements.changes(after.elements)
  const real = changes.filter((change) => !equal(change.before, change.after))
  const removed = real.flatMap((change) => (change.before === undefined ? [] : [change.before]))
  const added = real.flatMap((change) => (change.after === undefined ? [] : [change.after]))
  return [
    ...(removed.length > 0 ? [{ kind: 'delete elements', table, set: before, elements: removed } as const] : []),
    ...addElements(table, after, added),
  ]
}

function keyed(elements: readonly Element[]): OrderedMap<Element> {
  return OrderedMap.from(elements.map((element) => [element.key.join(' . '), element] as const))
}

function addElements(table: TableName, set: NftSet, elements: readonly Element[]): readonly Operation[] {
  return set.dynamic || elements.length === 0 ? [] : [{ kind: 'add elements', table, set, elements }]
}

interface ChainPhases {
  /** New chains without a hook, and those of their rules that use no set that is made anew. */
  readonly added: readonly Operation[]
  readonly rulesOfAdded: readonly Operation[]
  readonly flushed: readonly Operation[]
  readonly deleted: readonly Operation[]
  readonly switched: readonly Operation[]
}

function chainPhases(
  table: TableName,
  previous: Table | undefined,
  next: Table,
  recreatedSets: ReadonlySet<string>,
): ChainPhases {
  const plans = changedChains(previous, next, recreatedSets)
  const late = (plan: ChainPlan): boolean =>
    plan.before !== undefined || plan.after?.hook !== undefined || plan.usesRecreated
  const addition = ({ after }: ChainPlan): readonly Operation[] => (after ? [addChain(table, after)] : [])
  const rules = ({ after, keep }: ChainPlan): readonly Operation[] =>
    after ? after.rules.slice(keep).map((rule) => ({ kind: 'add rule', table, chain: after.name, rule })) : []
  const early = plans.filter((plan) => plan.before === undefined && plan.after?.hook === undefined)
  // Chains with a hook last, each followed by its rules: packets come in through them.
  const lateChains = plans.filter((plan) => plan.after !== undefined && late(plan))
  const [plain, base] = [false, true].map((hooked) =>
    lateChains.filter((p) => (p.after?.hook !== undefined) === hooked),
  )
  return {
    added: early.flatMap(addition),
    rulesOfAdded: early.filter((plan) => !late(plan)).flatMap(rules),
    flushed: plans.filter((plan) => plan.flush).map(({ name }) => ({ kind: 'flush chain', table, chain: name })),
    deleted: plans.filter((plan) => plan.remove).map(({ name }) => ({ kind: 'delete chain', table, chain: name })),
    switched: [
      ...(plain ?? []).flatMap((plan) => (plan.remove ? addition(plan) : [])),
      ...(plain ?? []).flatMap(rules),
      ...(base ?? []).flatMap((plan) => [...(plan.remove || !plan.before ? addition(plan) : []), ...rules(plan)]),
    ],
  }
}

interface ChainPlan {
  readonly name: string
  readonly before: Chain | undefined
  readonly after: Chain | undefined
  /** How many rules stay: a rule that stays keeps the counter of its `numgen`. */
  readonly keep: number
  readonly flush: boolean
  /** Deleted, or made anew with another hook. */
  readonly remove: boolean
  readonly usesRecreated: boolean
}

function changedChains(
  previous: Table | undefined,
  next: Table,
  recreatedSets: ReadonlySet<string>,
): readonly ChainPlan[] {
  const before = previous?.chains ?? OrderedMap.empty<Chain>()
  const changed = before.changes(next.chains).map(({ key, before, after }) => plan(key, before, after, recreatedSets))
  if (recreatedSets.size === 0) return changed
  const names = new Set(changed.map(({ name }) => name))
  const same = [...next.chains].filter(([name]) => !names.has(name))
  return [...changed, ...same.map(([name, chain]) => plan(name, chain, chain, recreatedSets))]
}

function plan(
  name: string,
  before: Chain | undefined,
  after: Chain | undefined,
  recreatedSets: ReadonlySet<string>,
): ChainPlan {
  const uses = (chain: Chain | undefined): boolean =>
    recreatedSets.size > 0 && (chain?.rules ?? []).some((rule) => setsOf(rule).some((set) => recreatedSets.has(set)))
  const remove = before !== undefined && (after === undefined || !equal(before.hook, after.hook))
  const replace = remove || uses(before) || (after !== undefined && !isPrefixOf(before?.rules ?? [], after.rules))
  const flush = before !== undefined && before.rules.length > 0 && replace
  const keep = flush ? 0 : (before?.rules.length ?? 0)
  return { name, before, after, keep, flush, remove, usesRecreated: uses(after) }
}

function isPrefixOf(before: readonly Rule[], after: readonly Rule[]): boolean {
  return before === after || (before.length <= after.length && before.every((rule, i) => equal(rule, after[i])))
}

function addChain(table: TableName, { name, hook }: Chain): Operation {
  return { kind: 'add chain', table, chain: hook === undefined ? { name } : { name, hook } }
}

/** The sets and maps that a rule names. */
export function setsOf(rule: Rule): readonly string[] {
  return rule.statements.flatMap(setsOfStatement)
}

function setsOfStatement(statement: Statement): readonly string[] {
  switch (statement.kind) {
    case 'lookup':
    case 'update':
    case 'delete':
      return [statement.set]
    case 'vmap':
      return [statement.map]
    case 'dnat':
      return 'kind' in statement.to ? [statement.to.map] : []
    case 'mark':
      return statement.value.kind === 'map' ? [statement.value.map] : []
    default:
      return []
  }
}
