/** Tables and transactions as text that `nft -f` reads (checked with nft 1.0.6). */
import { dataTypes } from './data-type.ts'
import { singleElements } from './blocks.ts'
import { effectiveElements } from './interval.ts'
import type { Operation } from './operation.ts'
import { classidText, renderComment, renderRule, renderVerdict } from './render-rule.ts'
import type { Chain, DataType, Element, NftSet, Table } from './ruleset.ts'

/** Each table in full, sets before chains. */
export function render(tables: readonly Table[]): string {
  return tables.map(renderTable).join('\n')
}

/** One command a line, in order. */
export function renderOperations(operations: readonly Operation[]): string {
  return operations.map((operation) => `${renderOperation(operation)}\n`).join('')
}

function renderTable(table: Table): string {
  const sets = [...table.sets.values()].map((set) => {
    const elements = set.dynamic ? [] : effectiveElements(set)
    const lines = [...declarationLines(set), ...(elements.length > 0 ? [renderElements(set, elements)] : [])]
    return block(`${kindOf(set)} ${set.name}`, lines)
  })
  const chains = [...table.chains.values()].map((chain) =>
    block(`chain ${chain.name}`, [
      ...(chain.hook ? [renderHook(chain.hook)] : []),
      ...chain.rules.map((rule) => renderRule(table.family, rule)),
    ]),
  )
  const body = [...sets, ...chains].join('\n')
  return `table ${table.family} ${table.name} {\n${body}}\n`
}

function block(head: string, lines: readonly string[]): string {
  return `\t${head} {\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`
}

function kindOf(set: NftSet): 'set' | 'map' {
  return set.data === undefined ? 'set' : 'map'
}

function declarationLines(set: NftSet): readonly string[] {
  const flags = [...(set.interval ? ['interval'] : []), ...(set.dynamic ? ['dynamic'] : [])]
  const withTimeout = set.timeout === undefined ? flags : [...flags, 'timeout']
  return [
    renderType(set),
    ...(set.size === undefined ? [] : [`size ${set.size}`]),
    ...(withTimeout.length > 0 ? [`flags ${withTimeout.join(',')}`] : []),
    ...(set.counter ? ['counter'] : []),
    ...(set.timeout === undefined ? [] : [`timeout ${set.timeout}s`]),
  ]
}

/** `type` has no word for the integer that `numgen` gives: such a set is declared by examples of its fields. */
function renderType({ key, data }: NftSet): string {
  const fields = [...key, ...(data === undefined || data === 'verdict' ? [] : data)]
  const word = fields.includes('integer') ? 'typeof' : 'type'
  const join = (types: readonly DataType[]): string =>
    types.map((type) => (word === 'typeof' ? dataTypes[type].example : type)).join(' . ')
  const value = data === undefined ? '' : ` : ${data === 'verdict' ? data : join(data)}`
  return `${word} ${join(key)}${value}`
}

function renderElements(set: NftSet, elements: readonly Element[]): string {
  return `elements = { ${elements.map((element) => renderElement(set, element)).join(', ')} }`
}

function renderElement(set: NftSet, { key, data, comment }: Element): string {
  const parts = [
    renderFields(set.key, key),
    ...(set.counter ? ['counter'] : []),
    ...(comment === undefined ? [] : [renderComment(comment)]),
  ]
  if (data === undefined) return parts.join(' ')
  const value =
    'kind' in data ? renderVerdict(data) : renderFields(set.data === 'verdict' ? [] : (set.data ?? []), data)
  return `${parts.join(' ')} : ${value}`
}

function renderFields(types: readonly DataType[], fields: readonly string[]): string {
  return fields.map((field, i) => renderField(types[i], field)).join(' . ')
}

function renderField(type: DataType | undefined, field: string): string {
  if (type === 'ifname') return `"${field}"`
  return type === 'classid' ? classidText(Number(field)) : field
}

function renderHook({ type, hook, priority, policy }: NonNullable<Chain['hook']>): string {
  return `type ${type} hook ${hook} priority ${priority};${policy === undefined ? '' : ` policy ${policy};`}`
}

function renderOperation(operation: Operation): string {
  const table = `${operation.table.family} ${operation.table.name}`
  switch (operation.kind) {
    case 'add table':
    case 'delete table':
      return `${operation.kind} ${table}`
    case 'add chain': {
      const { name, hook } = operation.chain
      return `add chain ${table} ${name}${hook ? ` { ${renderHook(hook)} }` : ''}`
    }
    case 'delete chain':
    case 'flush chain':
      return `${operation.kind} ${table} ${operation.chain}`
    case 'add rule':
      return `add rule ${table} ${operation.chain} ${renderRule(operation.table.family, operation.rule)}`
    case 'add set':
    case 'delete set':
      return renderSetOperation(operation, table)
    default:
      return renderElementOperation(operation, table)
  }
}

function renderSetOperation(
  { kind, set }: Operation & { readonly kind: 'add set' | 'delete set' },
  table: string,
): string {
  const command = `${kind === 'add set' ? 'add' : 'delete'} ${kindOf(set)} ${table} ${set.name}`
  return kind === 'delete set' ? command : `${command} { ${declarationLines(set).join('; ')}; }`
}

function renderElementOperation(
  { kind, set, elements }: Operation & { readonly kind: 'add elements' | 'delete elements' },
  table: string,
): string {
  const command = kind === 'add elements' ? 'add' : 'delete'
  const shown = singleElements(set, elements).map((element) =>
    kind === 'add elements' ? renderElement(set, element) : renderFields(set.key, element.key),
  )
  return `${command} element ${table} ${set.name} { ${shown.join(', ')} }`
}
