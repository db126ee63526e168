/** What a namespace holds of a table, read over netlink and compared with what it should hold. */
import { attribute, type Attribute, attributesOf, bytesText, messageAttributes, textOf } from './attribute.ts'
import { inSingles, singleElements } from './blocks.ts'
import { elementWriter } from './encode-element.ts'
import { encodeMessages } from './encode-messages.ts'
import { effectiveElements } from './interval.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { matches } from './matches.ts'
import { MessageWriter } from './message-writer.ts'
import type { Operation, TableName } from './operation.ts'
import { GET, nftRequest } from './request.ts'
import { readFields } from './read-value.ts'
import { type Chain, type Element, elementKey, type Family, type NftSet, type Rule, type Table } from './ruleset.ts'
import { tableName } from './operation.ts'

/** Sends a request for a list and calls `each` with every message of the answer, header included. */
export type Dump = (request: Uint8Array, each: (message: DataView) => void) => void

/** Of chains: the handle, policy (compared apart), uses, counters and flags. Of sets: the id of the transaction, the handle, kind and count. */
const ofTheKernel = { chain: [2, 5, 6, 8, 9, 10], rule: [3, 6], set: [10, 12, 16, 19, 20] }
const acceptPolicy = 1
/** How long the data of a set is: of verdicts the kernel knows best. */
const verdictLength = 7

/**
 * The table as the kernel has it: the parts of `wanted` where they agree. What differs stands in for itself, so that the
 * difference between the result and `wanted` is what to write. `dormant`: it is switched off and must be made anew.
 */
export function readBack(wanted: Table, read: Dump): Table | 'absent' | 'dormant' {
  const name = tableName(wanted)
  const here = tableAttributes(read, name)
  if (here === undefined) return 'absent'
  if ((attribute(here, 2)?.getUint32(0) ?? 0) !== 0) return 'dormant'
  const inTable = (op: ListOp): readonly (readonly Attribute[])[] =>
    listed(read, name, op).filter((found) => textOf(attribute(found, 1)) === name.name)
  const [foundChains, foundRules, foundSets] = [inTable(GET.chain), inTable(GET.rule), inTable(GET.set)]
  const rules = new Map<string, (readonly Attribute[])[]>()
  for (const rule of foundRules) {
    const chain = textOf(attribute(rule, 2))
    const known = rules.get(chain)
    if (known === undefined) rules.set(chain, [rule])
    else known.push(rule)
  }
  const chains = foundChains.map((found) => {
    const chain = textOf(attribute(found, 3))
    return readChain(name, wanted.chains.get(chain), found, rules.get(chain) ?? [])
  })
  // Without a name of its own it belongs to a rule.
  const named = foundSets.filter((found) => !textOf(attribute(found, 2)).startsWith('__'))
  const sets = named.map((found) => readSet(read, name, wanted.sets.get(textOf(attribute(found, 2))), found))
  return {
    ...name,
    chains: sameMap(
      wanted.chains,
      OrderedMap.by(chains, (chain) => chain.name),
    ),
    sets: sameMap(
      wanted.sets,
      OrderedMap.by(sets, (set) => set.name),
    ),
  }
}

export function hasTable(name: TableName, read: Dump): boolean {
  return tableAttributes(read, name) !== undefined
}

/** All chains of a family, by table; tables without any too. What their hooks and rules are stands in for itself. */
export function listChains(family: Family, read: Dump): ReadonlyMap<string, readonly Chain[]> {
  const all = { family, name: '' }
  const filled = new Set<string>()
  read(dumpRequest(all, GET.rule, undefined), (message) => {
    const rule = messageAttributes(message)
    filled.add(`${textOf(attribute(rule, 1))} ${textOf(attribute(rule, 2))}`)
  })
  const tables = listed(read, all, GET.table).map((table) => textOf(attribute(table, 1)))
  const found = new Map(tables.map((name): [string, Chain[]] => [name, []]))
  for (const chain of listed(read, all, GET.chain)) {
    const table = textOf(attribute(chain, 1))
    const foreign = foreignChain(chain)
    found.get(table)?.push(filled.has(`${table} ${foreign.name}`) ? foreign : { ...foreign, rules: [] })
  }
  return found
}

function tableAttributes(read: Dump, name: TableName): readonly Attribute[] | undefined {
  return listed(read, name, GET.table).find((found) => textOf(attribute(found, 1)) === name.name)
}

/** Asks which generation of rules a namespace has: one more with every transaction, whoever's it is. */
export const GENERATION_REQUEST: Uint8Array = nftRequest(GET.generation, 'ip', [], 'one')

/** From the answer to it. */
export function readGeneration(message: DataView): number {
  return attribute(messageAttributes(message), 1)?.getUint32(0) ?? 0
}

function sameMap<V>(wanted: OrderedMap<V>, found: OrderedMap<V>): OrderedMap<V> {
  return wanted.changes(found).length === 0 ? wanted : found
}

function listed(read: Dump, table: TableName, op: ListOp, set?: string): readonly (readonly Attribute[])[] {
  const found: (readonly Attribute[])[] = []
  read(dumpRequest(table, op, set), (message) => {
    // The receiver's buffer is used again.
    const bytes = new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice()
    found.push(messageAttributes(new DataView(bytes.buffer)))
  })
  return found
}

function dumpRequest({ family, name }: TableName, op: ListOp, set: string | undefined): Uint8Array {
  const isWhole = name === '' || op === GET.table || op === GET.chain
  const table = isWhole ? [] : [[1, name] as const]
  return nftRequest(op, family, set === undefined ? table : [...table, [2, set]], 'list')
}

type ListOp = Parameters<typeof nftRequest>[0]

/** How `operation` was told to the kernel. */
function told(operation: Operation): readonly Attribute[] {
  const { bytes } = encodeMessages([operation], 0xffff)
  return messageAttributes(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** Never in a table of ours: a rule of somebody else. */
const FOREIGN: Rule = { statements: [{ kind: 'counter' }], comment: 'not from here' }
const FOREIGN_HOOK: Chain['hook'] = { type: 'filter', hook: 'input', priority: 0x7fff_ffff }

function foreignChain(found: readonly Attribute[]): Chain {
  const hook = attribute(found, 4) === undefined ? undefined : FOREIGN_HOOK
  return { name: textOf(attribute(found, 3)), rules: [FOREIGN], ...(hook ? { hook } : {}) }
}

function readChain(
  table: TableName,
  wanted: Chain | undefined,
  found: readonly Attribute[],
  rules: readonly (readonly Attribute[])[],
): Chain {
  const foreign = foreignChain(found)
  if (wanted === undefined) return foreign
  const policy = wanted.hook === undefined || wanted.hook.policy === 'drop' ? 0 : acceptPolicy
  const isOtherPolicy = (attribute(found, 5)?.getUint32(0) ?? 0) !== policy
  const operation: Operation = { kind: 'add chain', table, chain: wanted }
  if (isOtherPolicy || !matches(told(operation), found, ofTheKernel.chain)) return foreign
  const same = wanted.rules.findIndex((rule, i) => {
    const held = rules[i]
    const operation: Operation = { kind: 'add rule', table, chain: wanted.name, rule }
    return held === undefined || !matches(told(operation), held, ofTheKernel.rule)
  })
  if (same === -1 && rules.length === wanted.rules.length) return wanted
  return { ...foreign, ...(wanted.hook ? { hook: wanted.hook } : {}) }
}

function readSet(read: Dump, table: TableName, declared: NftSet | undefined, found: readonly Attribute[]): NftSet {
  const name = textOf(attribute(found, 2))
  const foreign: NftSet = { name, key: [], elements: OrderedMap.empty() }
  if (declared === undefined) return foreign
  const wanted = withSizeFound(declared, found)
  const ignored = wanted.data === 'verdict' ? [...ofTheKernel.set, verdictLength] : ofTheKernel.set
  if (!matches(told({ kind: 'add set', table, set: wanted }), found, ignored)) return foreign
  if (wanted.dynamic) return wanted
  const lists = elementLists(read, table, name)
  const elements = wanted.interval ? effectiveElements(wanted) : wanted.elements.toValues()
  const written = writeElements(wanted, elements)
  if (sameTexts(itemTexts(written), lists.flatMap(itemTexts))) return wanted
  const [items, held] = [itemsOf(written), lists.flatMap(itemsOf)]
  return wanted.interval
    ? readIntervals(wanted, items, held, foreign)
    : (readElements(inSingles(wanted), singleElements(wanted, elements), items, held) ?? foreign)
}

/** Its size is how much room a set has, not what is in it. */
function withSizeFound(wanted: NftSet, found: readonly Attribute[]): NftSet {
  const description = attribute(found, 9)
  const size = description && attribute(attributesOf(description), 1)?.getUint32(0)
  if (wanted.dynamic || size === wanted.size) return wanted
  const { size: _, ...rest } = wanted
  return size === undefined ? rest : { ...rest, size }
}

function elementLists(read: Dump, table: TableName, set: string): readonly DataView[] {
  return listed(read, table, GET.elements, set).flatMap((message) => attribute(message, 3) ?? [])
}

/** The elements of a set, as the kernel describes each. */
export function listElements(read: Dump, table: TableName, set: string): readonly (readonly Attribute[])[] {
  return elementLists(read, table, set).flatMap(itemsOf)
}

/** In any order. */
function sameTexts(told: readonly string[], held: readonly string[]): boolean {
  const all = new Set(told)
  return all.size === held.length && held.every((text) => all.has(text))
}

/** Most often the kernel gives back what it was told, byte for byte, but for what the attributes say of themselves. */
function itemTexts(list: DataView): readonly string[] {
  const bytes = new Uint8Array(list.buffer, list.byteOffset, list.byteLength).slice()
  clearNestedBits(bytes, 0, bytes.length)
  const texts: string[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = lengthAt(bytes, at)
    if (length < 4) break
    // By far faster than spreading: no iterator goes over the bytes.
    texts.push(String.fromCharCode.apply(null, bytes.subarray(at, at + length) as unknown as number[]))
    at += (length + 3) & ~3
  }
  return texts
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

function clearNestedBits(bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at + 4 <= to; ) {
    const [length, type] = [lengthAt(bytes, at), bytes[at + 3] ?? 0]
    if (length < 4) return
    if ((type & 0x80) !== 0) clearNestedBits(bytes, at + 4, at + length)
    bytes[at + 3] = type & 0x7f
    at += (length + 3) & ~3
  }
}

function itemsOf(list: DataView): readonly (readonly Attribute[])[] {
  return attributesOf(list).map(({ value }) => attributesOf(value))
}

/** Key, end of the key, flags: where an element is. */
function place(element: readonly Attribute[]): string {
  return [1, 10, 3].map((type) => bytesText(attribute(element, type)).replace(/^\0+$/, '')).join('|')
}

/** As a list of elements tells them. */
function writeElements(set: NftSet, elements: readonly Element[]): DataView {
  const writer = new MessageWriter()
  const write = elementWriter(writer, set, true)
  for (const element of elements) write(element)
  const { bytes } = writer
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

type Elements = readonly (readonly Attribute[])[]

/** Intervals are compared as a whole: what is left of a changed one has no text of its own. */
function readIntervals(wanted: NftSet, told: Elements, held: Elements, foreign: NftSet): NftSet {
  const places = new Set(told.map(place))
  return held.length === places.size && held.every((element) => places.has(place(element))) ? wanted : foreign
}

/** `told`: of each of `elements` what the kernel was told. Undefined where what it has is no element. */
function readElements(
  wanted: NftSet,
  elements: readonly Element[],
  told: Elements,
  held: Elements,
): NftSet | undefined {
  const byPlace = new Map(told.map((one, i) => [place(one), { one, element: elements[i] }]))
  const found: Element[] = []
  for (const element of held) {
    const known = byPlace.get(place(element))
    const key = attribute(attributesOf(attribute(element, 1) ?? EMPTY), 1)
    if (key === undefined) return undefined
    if (known?.element !== undefined && sameData(known.one, element)) found.push(known.element)
    else found.push({ key: readFields(wanted.key, key), comment: 'not from here' })
  }
  return { ...wanted, elements: sameMap(wanted.elements, OrderedMap.by(found, elementKey)) }
}

const EMPTY = new DataView(new ArrayBuffer(0))

function sameData(wanted: readonly Attribute[], held: readonly Attribute[]): boolean {
  const dataOf = (element: readonly Attribute[]): readonly Attribute[] => element.filter(({ type }) => type === 2)
  return matches(dataOf(wanted), dataOf(held), [])
}
