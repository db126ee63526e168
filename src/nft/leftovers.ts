/** Between the change and what cleans up after it. */
import { OrderedMap } from '../lib/ordered-map.ts'
import { inSingles } from './blocks.ts'
import type { Phases } from './diff.ts'
import { type Operation, tableName } from './operation.ts'
import { elementKey, type Table } from './ruleset.ts'

/** What there is when all of a difference is done but `clean`. */
export function withLeftovers(
  previous: readonly Table[],
  next: readonly Table[],
  { clean }: Pick<Phases, 'clean'>,
): readonly Table[] {
  const isOf = (table: Table) => (other: Operation['table'] | Table) =>
    other.family === table.family && other.name === table.name
  const gone = clean.flatMap(({ kind, table }) => (kind === 'delete table' ? table : []))
  const left = previous.filter((table) => gone.some(isOf(table))).map(withoutHooks)
  const held = next.map((table) => {
    const before = previous.find(isOf(table))
    const own = clean.filter((operation) => isOf(table)(operation.table))
    return before === undefined ? table : own.reduce((rest, operation) => restore(rest, before, operation), table)
  })
  return [...held, ...left]
}

function withoutHooks(table: Table): Table {
  const chains = table.chains.toValues().filter(({ hook }) => hook === undefined)
  return { ...tableName(table), sets: table.sets, chains: OrderedMap.by(chains, ({ name }) => name) }
}

function restore(table: Table, before: Table, operation: Operation): Table {
  switch (operation.kind) {
    case 'delete elements': {
      const set = table.sets.get(operation.set.name)
      if (set === undefined) return table
      const known = inSingles(set)
      const elements = operation.elements.reduce((rest, one) => rest.set(elementKey(one), one), known.elements)
      return { ...table, sets: table.sets.set(set.name, { ...known, elements }) }
    }
    case 'delete set':
      return { ...table, sets: table.sets.set(operation.set.name, operation.set) }
    case 'delete chain': {
      const chain = before.chains.get(operation.chain)
      return chain === undefined ? table : { ...table, chains: table.chains.set(chain.name, chain) }
    }
    default:
      // A chain that goes is emptied before.
      return table
  }
}
