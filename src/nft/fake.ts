/**
 * A kernel that is a value: tables in, tables out. It refuses what nf_tables refuses about order and references: a jump
 * to a chain that is not there, a set or chain deleted while something refers to it, an element twice.
 */
import { OrderedMap } from '../lib/ordered-map.ts'
import { inSingles, singleElements, withoutBlock } from './blocks.ts'
import { equal } from './equal.ts'
import { setsOf } from './diff.ts'
import type { Operation, TableName } from './operation.ts'
import { type Chain, type Element, elementKey, type NftSet, type Rule, type Table, type Verdict } from './ruleset.ts'

/** The tables after `operations`. Throws where the kernel would refuse, with the operation named. */
export function applyOperations(tables: readonly Table[], operations: readonly Operation[]): readonly Table[] {
  return operations.reduce(applyOne, tables)
}

type InTable = Exclude<Operation, { readonly kind: 'add table' | 'delete table' }>

function applyOne(tables: readonly Table[], operation: Operation): readonly Table[] {
  const same = (table: TableName): boolean =>
    table.family === operation.table.family && table.name === operation.table.name
  const table = tables.find(same)
  if (operation.kind === 'add table') {
    const { family, name } = operation.table
    return table ? tables : [...tables, { family, name, sets: OrderedMap.empty(), chains: OrderedMap.empty() }]
  }
  if (table === undefined) throw refusal(operation, 'no such table')
  if (operation.kind === 'delete table') return tables.filter((other) => !same(other))
  return tables.map((other) => (other === table ? applyToTable(table, operation) : other))
}

function refusal(operation: Operation, why: string): Error {
  const target = 'chain' in operation ? operation.chain : 'set' in operation ? operation.set.name : operation.table.name
  return new Error(`${operation.kind} ${typeof target === 'string' ? target : target.name}: ${why}`)
}

function applyToTable(table: Table, operation: InTable): Table {
  switch (operation.kind) {
    case 'add chain':
      if (table.chains.has(operation.chain.name)) throw refusal(operation, 'exists')
      return { ...table, chains: table.chains.set(operation.chain.name, { ...operation.chain, rules: [] }) }
    case 'flush chain':
      return withChain(table, operation, operation.chain, (chain) => ({ ...chain, rules: [] }))
    case 'add rule':
      requireReferences(table, operation, operation.rule)
      return withChain(table, operation, operation.chain, (chain) => ({
        ...chain,
        rules: [...chain.rules, operation.rule],
      }))
    case 'delete chain':
      if (jumpTargets(table).has(operation.chain)) throw refusal(operation, 'in use')
      return {
        ...withChain(table, operation, operation.chain, (chain) => chain),
        chains: table.chains.delete(operation.chain),
      }
    case 'add set':
      return addSet(table, operation)
    case 'delete set':
      setOf(table, operation, operation.set.name)
      if (rulesOf(table).some((rule) => setsOf(rule).includes(operation.set.name))) throw refusal(operation, 'in use')
      return { ...table, sets: table.sets.delete(operation.set.name) }
    default:
      return withElements(
        table,
        operation,
        singleElements(operation.set, operation.elements),
        operation.kind === 'add elements',
      )
  }
}

/** One that is there gets another size, if that is all that differs (since 6.5). */
function addSet(table: Table, operation: Operation & { readonly kind: 'add set' }): Table {
  const { name, size } = operation.set
  const [known, wanted] = [
    table.sets.get(name),
    { ...withoutBlock(operation.set), elements: OrderedMap.empty<Element>() },
  ]
  if (known === undefined) return { ...table, sets: table.sets.set(name, wanted) }
  const isSame = equal({ ...known, size, elements: undefined }, { ...wanted, elements: undefined })
  if (size === undefined || !isSame) throw refusal(operation, 'exists')
  return { ...table, sets: table.sets.set(name, { ...known, size }) }
}

function withChain(table: Table, operation: Operation, name: string, change: (chain: Chain) => Chain): Table {
  const chain = table.chains.get(name)
  if (chain === undefined) throw refusal(operation, 'no such chain')
  return { ...table, chains: table.chains.set(name, change(chain)) }
}

function setOf(table: Table, operation: Operation, name: string): NftSet {
  const set = table.sets.get(name)
  if (set === undefined) throw refusal(operation, `no such set: ${name}`)
  return set
}

function withElements(
  table: Table,
  operation: Operation & { readonly kind: 'add elements' | 'delete elements' },
  elements: readonly Element[],
  add: boolean,
): Table {
  const set = inSingles(setOf(table, operation, operation.set.name))
  let result = set.elements
  for (const element of elements) {
    const key = elementKey(element)
    if (result.has(key) === add) throw refusal(operation, `${key} ${add ? 'exists' : 'is not there'}`)
    const target = element.data !== undefined && 'kind' in element.data ? chainOf(element.data) : undefined
    if (add && target !== undefined && !table.chains.has(target)) throw refusal(operation, `no such chain: ${target}`)
    result = add ? result.set(key, element) : result.delete(key)
  }
  return { ...table, sets: table.sets.set(set.name, { ...set, elements: result }) }
}

function requireReferences(table: Table, operation: Operation, rule: Rule): void {
  for (const set of setsOf(rule)) setOf(table, operation, set)
  for (const chain of chainsOf(rule)) {
    if (!table.chains.has(chain)) throw refusal(operation, `no such chain: ${chain}`)
  }
}

function chainOf(verdict: Verdict): string | undefined {
  return 'chain' in verdict ? verdict.chain : undefined
}

function chainsOf(rule: Rule): readonly string[] {
  return rule.statements.flatMap((statement) =>
    statement.kind === 'verdict' ? (chainOf(statement.verdict) ?? []) : [],
  )
}

function rulesOf(table: Table): readonly Rule[] {
  return [...table.chains.values()].flatMap((chain) => chain.rules)
}

function jumpTargets(table: Table): ReadonlySet<string> {
  const verdicts = [...table.sets.values()].flatMap((set) =>
    set.data === 'verdict' ? [...set.elements.values()].map((element) => element.data) : [],
  )
  const targets = verdicts.flatMap((data) => (data !== undefined && 'kind' in data ? (chainOf(data) ?? []) : []))
  return new Set([...rulesOf(table).flatMap(chainsOf), ...targets])
}
