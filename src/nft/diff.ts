/**
 * What turns one table into another, in an order that the kernel takes as one transaction, and in phases, for as many
 * transactions or more: only `change` may not be cut.
 */
import { type MapChange, OrderedMap } from '../lib/ordered-map.ts'
import { singleElements, withoutBlock } from './blocks.ts'
import { equal } from './equal.ts'
import { effectiveElements } from './interval.ts'
import { type Operation, type TableName, tableName } from './operation.ts'
import { type Chain, type Element, elementKey, type NftSet, type Rule, type Statement, type Table } from './ruleset.ts'

/**
 * Every packet is decided by the previous tables until `change` is done, and by the next ones from then on, or by elements
 * that go `after` it as long as they are there. The kernel (nft_do_chain, 6.18) keeps a packet to the generation of rules
 * that it came to, but looks into sets and maps as they are at that moment: if all were one transaction, a packet on its
 * way would be led to a new chain that has no rules for it yet, or look for an element that is gone.
 */
export interface Phases {
  /** New sets and chains that nothing refers to yet, and more room in those that are there. */
  readonly prepare: readonly Operation[]
  /** What packets notice: one transaction. */
  readonly change: readonly Operation[]
  /** Elements that go `after` the change. */
  readonly detach: readonly Operation[]
  /** What nothing refers to any more: sets, chains, elements that go `later`. Packets on their way may still find it. */
  readonly clean: readonly Operation[]
}

/** Empty where both have the same content. */
export function diff(previous: Table | undefined, next: Table | undefined): readonly Operation[] {
  return diffTables(previous ? [previous] : [], next ? [next] : [])
}

/** As `diff`, for several tables: they are told apart by family and name. */
export function diffTables(previous: readonly Table[], next: readonly Table[]): readonly Operation[] {
  const { prepare, change, detach, clean } = diffPhases(previous, next)
  return [...prepare, ...change, ...detach, ...clean]
}

export function diffPhases(previous: readonly Table[], next: readonly Table[]): Phases {
  const nameOf = (table: Table): string => `${table.family} ${table.name}`
  const before = new Map(previous.map((table) => [nameOf(table), table]))
  const after = new Set(next.map(nameOf))
  const gone = previous.filter((table) => !after.has(nameOf(table)))
  const goes = gone.map(removalPhases)
  const phases = next.map((table) => tablePhases(before.get(nameOf(table)), table))
  return {
    prepare: phases.flatMap((phase) => phase.prepare),
    change: [...goes.flatMap((phase) => phase.change), ...phases.flatMap((phase) => phase.change)],
    detach: phases.flatMap((phase) => phase.detach),
    clean: [...phases.flatMap((phase) => phase.clean), ...goes.flatMap((phase) => phase.clean)],
  }
}

/** Without its hooks a table decides nothing, and a packet that is in it already finds its maps. */
function removalPhases(gone: Table): Pick<Phases, 'change' | 'clean'> {
  const table = tableName(gone)
  const deletion: Operation = { kind: 'delete table', table }
  const hooked = gone.chains.toValues().filter(({ hook }) => hook !== undefined)
  if (hooked.length === 0) return { change: [deletion], clean: [] }
  const unhook = ({ name: chain }: Chain): readonly Operation[] => [
    { kind: 'flush chain', table, chain },
    { kind: 'delete chain', table, chain },
  ]
  return { change: hooked.flatMap(unhook), clean: [deletion] }
}

function tablePhases(previous: Table | undefined, next: Table): Phases {
  const table = tableName(next)
  const { kept, grown, removed, added, recreated } = changedSets(previous, next)
  const chains = chainPhases(table, previous, next, new Set(recreated.map((set) => set.name)))
  const addSet = (set: NftSet): Operation => ({ kind: 'add set', table, set })
  const elementsOf = (set: NftSet): readonly Element[] =>
    set.interval ? effectiveElements(set) : set.elements.valuesInAnyOrder()
  const fill = (set: NftSet): readonly Operation[] => addElements(table, set, elementsOf(set))
  const unused = [
    ...chains.flushedUnused,
    ...removed.map((set): Operation => ({ kind: 'delete set', table, set })),
    ...chains.deletedUnused,
  ]
  // What is made anew under its name must first have lost all that refers to it.
  const madeAnew = recreated.length > 0 || chains.madeAnew.length > 0
  const elements = kept.map(({ before, after }) => elementPhases(table, before, after, !madeAnew))
  return {
    prepare: [
      ...(previous === undefined ? [{ kind: 'add table', table } as const] : []),
      ...chains.added,
      ...added.map(addSet),
      ...grown.map(addSet),
      ...chains.rulesOfAdded,
      ...added.flatMap(fill),
    ],
    change: [
      ...elements.flatMap((phase) => phase.change),
      ...chains.flushed,
      ...(madeAnew ? unused : []),
      ...chains.madeAnew,
      ...chains.unhooked,
      ...recreated.map(addSet),
      ...recreated.flatMap(fill),
      ...chains.changed,
    ],
    detach: elements.flatMap((phase) => phase.detach),
    clean: [...elements.flatMap((phase) => phase.clean), ...(madeAnew ? [] : unused)],
  }
}

interface ChangedSets {
  /** The same declaration but for a larger size: else only elements change. */
  readonly kept: readonly { readonly before: NftSet; readonly after: NftSet }[]
  /** Of these the ones that get a larger size. */
  readonly grown: readonly NftSet[]
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
    grown: kept.flatMap(({ before, after }) => (before.size === after.size ? [] : [after])),
    removed: [...gone, ...other.map(({ before }) => before)],
    added,
    recreated: other.map(({ after }) => after),
  }
}

/** Of a set that rules add to a size is never changed. */
function sameDeclaration(before: NftSet, after: NftSet): boolean {
  const { elements: _, ...left } = withoutBlock(before)
  const { elements: __, ...right } = withoutBlock(after)
  const grows = !after.dynamic && before.size !== undefined && after.size !== undefined && before.size < after.size
  return equal(grows ? { ...left, size: after.size } : left, right)
}

function elementPhases(table: TableName, before: NftSet, after: NftSet, mayLinger: boolean): Omit<Phases, 'prepare'> {
  if (after.dynamic) return { change: [], detach: [], clean: [] }
  const real = elementChanges(before, after).filter((change) => !equal(change.before, change.after))
  const when = ({ after: wanted }: (typeof real)[number]): NftSet['removal'] =>
    mayLinger && wanted === undefined ? after.removal : undefined
  const removed = (time: NftSet['removal']): readonly Operation[] =>
    deleteElements(
      table,
      withoutBlock(before),
      real.flatMap((change) => (when(change) === time && change.before !== undefined ? [change.before] : [])),
    )
  const added = real.flatMap((change) => change.after ?? [])
  return {
    change: [...removed(undefined), ...addElements(table, withoutBlock(after), added)],
    detach: removed('after'),
    clean: removed('later'),
  }
}

/** One by one. */
function elementChanges(before: NftSet, after: NftSet): readonly MapChange<Element>[] {
  if (after.interval || before.block !== after.block) {
    return keyed(effectiveElements(before)).changes(keyed(effectiveElements(after)))
  }
  const changes = before.elements.changes(after.elements)
  if (after.block === undefined) return changes
  const [gone, come] = [
    changes.flatMap((change) => change.before ?? []),
    changes.flatMap((change) => change.after ?? []),
  ]
  return keyed(singleElements(before, gone)).changes(keyed(singleElements(after, come)))
}

function deleteElements(table: TableName, set: NftSet, elements: readonly Element[]): readonly Operation[] {
  return elements.length === 0 ? [] : [{ kind: 'delete elements', table, set, elements }]
}

function keyed(elements: readonly Element[]): OrderedMap<Element> {
  return OrderedMap.from(elements.map((element) => [elementKey(element), element] as const))
}

function addElements(table: TableName, set: NftSet, elements: readonly Element[]): readonly Operation[] {
  return set.dynamic || elements.length === 0 ? [] : [{ kind: 'add elements', table, set, elements }]
}

interface ChainPhases {
  /** New chains without a hook, and those of their rules that use no set that is made anew. */
  readonly added: readonly Operation[]
  readonly rulesOfAdded: readonly Operation[]
  /** Of chains that stay, that had a hook, or that are made anew. */
  readonly flushed: readonly Operation[]
  /** Deletes chains that are added again with another hook. */
  readonly madeAnew: readonly Operation[]
  /** Deletes chains that had a hook and go. */
  readonly unhooked: readonly Operation[]
  /** Of chains that go and had no hook. */
  readonly flushedUnused: readonly Operation[]
  readonly deletedUnused: readonly Operation[]
  readonly changed: readonly Operation[]
}

function chainPhases(
  table: TableName,
  previous: Table | undefined,
  next: Table,
  recreatedSets: ReadonlySet<string>,
): ChainPhases {
  const plans = changedChains(previous, next, recreatedSets)
  const addition = ({ after }: ChainPlan): readonly Operation[] => (after ? [addChain(table, after)] : [])
  const rules = ({ after, keep }: ChainPlan): readonly Operation[] =>
    after ? after.rules.slice(keep).map((rule) => ({ kind: 'add rule', table, chain: after.name, rule })) : []
  const deletion = ({ name }: ChainPlan): Operation => ({ kind: 'delete chain', table, chain: name })
  const flush = (some: readonly ChainPlan[]): readonly Operation[] =>
    some.filter((plan) => plan.flush).map(({ name }) => ({ kind: 'flush chain', table, chain: name }))
  const isUnused = ({ before, after }: ChainPlan): boolean => after === undefined && before?.hook === undefined
  const early = plans.filter((plan) => plan.before === undefined && plan.after?.hook === undefined)
  const late = plans.filter(({ before, after, usesRecreated }) => {
    return after !== undefined && (before !== undefined || after.hook !== undefined || usesRecreated)
  })
  const isNew = (plan: ChainPlan): boolean => plan.remove || (plan.before === undefined && !early.includes(plan))
  // Chains with a hook last, each followed by its rules: packets come in through them.
  const [plain, base] = [false, true].map((hooked) => late.filter((p) => (p.after?.hook !== undefined) === hooked))
  return {
    added: early.flatMap(addition),
    rulesOfAdded: early.filter((plan) => !plan.usesRecreated).flatMap(rules),
    flushed: flush(plans.filter((plan) => !isUnused(plan))),
    madeAnew: plans.filter((plan) => plan.remove && plan.after !== undefined).map(deletion),
    unhooked: plans.filter((plan) => plan.after === undefined && !isUnused(plan)).map(deletion),
    flushedUnused: flush(plans.filter(isUnused)),
    deletedUnused: plans.filter(isUnused).map(deletion),
    changed: [
      ...(plain ?? []).flatMap((plan) => (isNew(plan) ? addition(plan) : [])),
      ...(plain ?? []).flatMap(rules),
      ...(base ?? []).flatMap((plan) => [...(isNew(plan) ? addition(plan) : []), ...rules(plan)]),
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
    case 'priority':
      return statement.value.kind === 'map' ? [statement.value.map] : []
    default:
      return []
  }
}
