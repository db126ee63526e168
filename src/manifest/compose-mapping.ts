/** Mappings: duplicate keys, and merge keys in kubectl's order (what stands later wins, a merge key too). */
import { type Composer, chargeAlias, placeIn, report } from './composer.ts'
import { isJsonObject, type JsonValue, putField, type SourceEntry, type SourceNode } from './node.ts'
import type { SourceRange } from './source.ts'

/** A mapping while it is put together. A key keeps the place at which it was first met. */
export interface MappingBuilder {
  readonly entries: SourceEntry[]
  readonly value: Record<string, JsonValue>
  /** Keys whose value comes from a merge key; absent where there is none. */
  merged?: Set<string>
  /** Index in `entries` by key; made when a key is met again. */
  indices?: Map<string, number>
}

export function newMapping(): MappingBuilder {
  return { entries: [], value: {} }
}

function placeOfKey(composer: Composer, entry: SourceEntry): SourceRange {
  return placeIn(composer, entry.keyStart - composer.offset, entry.keyEnd - composer.offset)
}

/** Gives the entry that was there before. */
function put(mapping: MappingBuilder, key: string, entry: SourceEntry): SourceEntry | undefined {
  const { entries, value } = mapping
  const isThere = Object.hasOwn(value, key)
  putField(value, key, entry.node.value)
  if (!isThere) {
    mapping.indices?.set(key, entries.length)
    entries.push(entry)
    return undefined
  }
  mapping.indices ??= new Map(entries.map((one, i) => [String(one.key), i]))
  const index = mapping.indices.get(key) ?? -1
  const earlier = entries[index]
  entries[index] = entry
  return earlier
}

export function addEntry(composer: Composer, mapping: MappingBuilder, key: string, entry: SourceEntry): void {
  const earlier = put(mapping, key, entry)
  if (earlier === undefined || mapping.merged?.delete(key) === true) return
  report(composer, placeOfKey(composer, entry), {
    severity: 'error',
    code: 'duplicate-key',
    message: `the key ${JSON.stringify(key)} is twice in this mapping`,
    hint: 'remove one of the two, or add the `---` that is missing between two objects',
    related: { ...placeOfKey(composer, earlier), message: 'the first one' },
  })
}

function mergeOne(composer: Composer, mapping: MappingBuilder, source: SourceNode, place: SourceRange): void {
  if (!chargeAlias(composer, source, place)) return
  mapping.merged ??= new Set()
  for (const entry of source.entries) {
    const key = String(entry.key)
    const earlier = put(mapping, key, entry)
    if (earlier !== undefined && !mapping.merged.has(key)) {
      const hint = 'put the merge key first, so that the keys after it win with every YAML reader'
      const message = `this merge key overrides ${JSON.stringify(key)}, which stands before it`
      report(composer, place, { severity: 'warning', code: 'merge-order', message, hint })
    }
    mapping.merged.add(key)
  }
}

/** `value` is what stands under `<<`: a mapping, or a list of mappings of which the earlier ones win. */
export function addMerge(composer: Composer, mapping: MappingBuilder, value: SourceNode, place: SourceRange): void {
  const sources = Array.isArray(value.value) ? value.entries.map((entry) => entry.node) : [value]
  if (!sources.every((source) => isJsonObject(source.value))) {
    const message = 'the merge key << wants a mapping or a list of mappings'
    const hint = 'write `<<: *name` where the anchor &name stands before a mapping'
    report(composer, place, { severity: 'error', code: 'invalid-merge', message, hint })
    return
  }
  for (const source of sources.toReversed()) mergeOne(composer, mapping, source, place)
}

/** The finished mapping; `start` and `end` are offsets in the file. */
export function mappingNode({ entries, value }: MappingBuilder, start: number, end: number): SourceNode {
  let weight = 2
  let depth = 0
  for (const { key, node } of entries) {
    weight += String(key).length + 4 + node.weight
    if (node.depth > depth) depth = node.depth
  }
  return { value, start, end, entries, weight, depth: depth + 1 }
}
