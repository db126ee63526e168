/** A table put together from the shares of all Service ports, at the cost of what changed. */
import type { IPFamily } from '../../../api/core.ts'
import { OrderedMap } from '../../../lib/ordered-map.ts'
import type { ServicePortInfo } from '../../../model/resolve-services.ts'
import { type Chain, type Element, elementKey, type NftSet, type Table } from '../../../nft/ruleset.ts'
import { changeClaims, type Claims, type Plan } from './claims.ts'
import type { FamilyTerms } from './family-terms.ts'
import type { Fragment, SetElements } from './fragment.ts'
import { isFrontend, servicePortLabel } from './label.ts'
import { declarationOf } from './sets.ts'

/** By Service key, as `resolvedServices` gives them: what did not change is the same value. */
export type Services = OrderedMap<readonly ServicePortInfo[]>

export interface Program {
  readonly table: Table
  readonly services: Services
  readonly layout: Layout
  /** By label. */
  readonly shares: OrderedMap<Share>
  readonly claims: Claims
  /** Of the claims those to addresses and ports that more than one Service port wants. */
  readonly contested: Claims
}

type Contents = Pick<Program, 'table' | 'shares' | 'claims' | 'contested'>

/** What kind of table it is. Another layout is another table: nothing of the previous program is taken over. */
export interface Layout {
  readonly terms: FamilyTerms
  readonly plan: (info: ServicePortInfo) => Plan
  /** Elements that do not depend on the Services. */
  readonly constants: readonly SetElements[]
  /** The chains that all Service ports share; `has`: whether a set has elements. A set without any is not declared. */
  readonly sharedChains: (has: (set: string) => boolean) => readonly Chain[]
}

interface Share {
  readonly plan: Plan
  readonly fragment: Fragment
}

/** The same whatever `previous` is; it makes it cheap where little changed. */
export function compileProgram(services: Services, layout: Layout, previous?: Program): Program {
  const base = previous?.layout === layout ? previous : undefined
  const changes = (base?.services ?? OrderedMap.empty()).changes(services)
  if (base !== undefined && changes.length === 0) return base
  const { family } = layout.terms
  const removed = changes.flatMap(({ before, after }) => onlyIn(family, before, after))
  const added = changes.flatMap(({ before, after }) => onlyIn(family, after, before))
  const from = base ?? emptyProgram(layout)
  const removedPlans = removed.flatMap((info) => from.shares.get(servicePortLabel(info))?.plan ?? [])
  const next = changeShares(from, layout, new Set(removedPlans), new Set(byFirstResource(added.map(layout.plan))))
  return { ...next, services, layout, table: withSharedChains(layout, base?.table, next.table) }
}

/** Makes what only the next change needs, which would otherwise wait for it. */
export function settleProgram({ table, shares, claims }: Program): void {
  for (const { elements } of table.sets.values()) elements.settle()
  for (const map of [table.chains, shares, claims]) map.settle()
}

/** By address, mostly: all that is made of the plans then comes in order of its keys, and no map needs much sorting. */
function byFirstResource(plans: Plan[]): readonly Plan[] {
  const first = ({ resources }: Plan): string => resources[0] ?? ''
  return plans.sort((a, b) => (first(a) < first(b) ? -1 : first(a) > first(b) ? 1 : 0))
}

type Infos = readonly ServicePortInfo[] | undefined

function onlyIn(family: IPFamily, infos: Infos, others: Infos): readonly ServicePortInfo[] {
  if (infos === undefined) return NO_INFOS
  if (others === undefined && infos.every((info) => info.family === family)) return infos
  return infos.filter((info) => info.family === family && others?.includes(info) !== true)
}

const NO_INFOS: readonly ServicePortInfo[] = []

/** How many Service ports a table of `services` serves. */
export function countPorts(family: IPFamily, services: Services, previous: Program | undefined): number {
  const count = (infos: Infos): number => onlyIn(family, infos, undefined).length
  if (previous === undefined) return services.toValues().reduce((sum, infos) => sum + count(infos), 0)
  const changes = previous.services.changes(services)
  return changes.reduce((sum, { before, after }) => sum + count(after) - count(before), previous.shares.size)
}

function emptyProgram(layout: Layout): Contents {
  const constants = { elements: layout.constants, chains: [], sets: [] }
  const { table: family, addressType } = layout.terms
  const sets = changeSets(OrderedMap.empty(), addressType, [], [constants])
  const table = { family, name: 'portolan', sets, chains: OrderedMap.empty<Chain>() }
  return { table, shares: OrderedMap.empty(), claims: OrderedMap.empty(), contested: OrderedMap.empty() }
}

function changeShares(
  { table, shares, claims, contested }: Contents,
  { terms }: Layout,
  removed: ReadonlySet<Plan>,
  added: ReadonlySet<Plan>,
): Contents {
  const { changed, affected, ownedBy, contested: contestedNow } = changeClaims(claims, removed, added)
  const gone = [...removed, ...affected].flatMap(({ label }) => shares.get(label) ?? [])
  const made = [...added, ...affected].map((plan) => ({ plan, fragment: plan.build(ownedBy(plan)) }))
  const [before, after] = [gone.map(({ fragment }) => fragment), made.map(({ fragment }) => fragment)]
  const chainsOf = (fragments: readonly Fragment[]): readonly Chain[] => fragments.flatMap(({ chains }) => chains)
  return {
    shares: changeMap(shares, gone.map(labelOf), made, labelOf),
    claims: changeClaimed(claims, changed),
    contested: changeContested(contested, contestedNow),
    table: {
      ...table,
      sets: changeSets(table.sets, terms.addressType, before, after),
      chains: changeMap(table.chains, chainsOf(before).map(nameOf), chainsOf(after), nameOf),
    },
  }
}

function labelOf({ plan }: Share): string {
  return plan.label
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

function changeClaimed(claims: Claims, changed: ReadonlyMap<string, readonly Plan[]>): Claims {
  if (claims.isEmpty) return OrderedMap.fromLater(changed)
  let next = claims
  for (const [resource, list] of changed) next = list.length > 0 ? next.set(resource, list) : next.delete(resource)
  return next
}

function changeContested(contested: Claims, changed: ReadonlyMap<string, readonly Plan[]>): Claims {
  let next = contested
  for (const [resource, list] of changed) {
    if (list.length > 1 && isFrontend(resource)) next = next.set(resource, list)
    else next = next.delete(resource)
  }
  return next
}

interface SetChange {
  readonly removed: (readonly Element[])[]
  readonly added: (readonly Element[])[]
}

function changeSets(
  sets: OrderedMap<NftSet>,
  addressType: FamilyTerms['addressType'],
  before: readonly Fragment[],
  after: readonly Fragment[],
): OrderedMap<NftSet> {
  const changes = new Map<string, SetChange>()
  const changeOf = (set: string): SetChange => {
    const known = changes.get(set) ?? { removed: [], added: [] }
    if (known.added.length + known.removed.length === 0) changes.set(set, known)
    return known
  }
  before.flatMap(elementsOf).forEach(({ set, elements }) => void changeOf(set).removed.push(elements))
  after.flatMap(elementsOf).forEach(({ set, elements }) => void changeOf(set).added.push(elements))
  const changed = [...changes].map(([name, { removed, added }]): NftSet => {
    const set = sets.get(name) ?? { ...declarationOf(name, addressType), elements: OrderedMap.empty<Element>() }
    return { ...set, elements: changeMap(set.elements, removed.flat().map(elementKey), added.flat(), elementKey) }
  })
  const own = after.flatMap(({ sets }) => sets).map((set): NftSet => ({ ...set, elements: OrderedMap.empty() }))
  const ownBefore = before.flatMap(({ sets }) => sets)
  const gone = [...ownBefore, ...changed.filter(({ elements }) => elements.isEmpty)].map(nameOf)
  return changeMap(sets, gone, [...changed.filter(({ elements }) => !elements.isEmpty), ...own], nameOf)
}

function elementsOf({ elements }: Fragment): readonly SetElements[] {
  return elements
}

/** Without `removed` and with `added`, which may have the same keys as those, and each its own. */
function changeMap<V>(
  map: OrderedMap<V>,
  removed: readonly string[],
  added: readonly V[],
  keyOf: (value: V) => string,
): OrderedMap<V> {
  if (map.isEmpty) return OrderedMap.later(added, keyOf)
  const kept = removed.reduce((rest, key) => rest.delete(key), map)
  return added.reduce((rest, value) => rest.set(keyOf(value), value), kept)
}

/** The shared chains are made anew only where a set came or went. */
function withSharedChains(layout: Layout, before: Table | undefined, table: Table): Table {
  const chainsOf = ({ sets }: Table): readonly Chain[] => layout.sharedChains((name) => sets.has(name))
  if (before !== undefined && sameNames(before.sets, table.sets)) return table
  const gone = before === undefined ? [] : chainsOf(before).map(nameOf)
  return { ...table, chains: changeMap(table.chains, gone, chainsOf(table), nameOf) }
}

function sameNames(a: OrderedMap<NftSet>, b: OrderedMap<NftSet>): boolean {
  return a.changes(b).every(({ before, after }) => before !== undefined && after !== undefined)
}
