/** Mappings: duplicate keys, and merge keys in kubectl's order (what stands later wins, a merge key too). */
import { type Composer, chargeAlias, placeIn, report } from './composer.ts'
import { isJsonObject, objectOf, type SourceEntry, type SourceNode } from './node.ts'
import type { SourceRange } from './source.ts'

interface Slot {
  readonly entry: SourceEntry
  readonly isMerged: boolean
}

export type MappingBuilder = Map<string, Slot>

function placeOfKey(composer: Composer, entry: SourceEntry): SourceRange {
  return placeIn(composer, entry.keyStart - composer.offset, entry.keyEnd - composer.offset)
}

export function addEntry(composer: Composer, mapping: MappingBuilder, key: string, entry: SourceEntry): void {
  const earlier = mapping.get(key)
  mapping.set(key, { entry, isMerged: false })
  if (earlier === undefined || earlier.isMerged) return
  report(composer, placeOfKey(composer, entry), {
    severity: 'error',
    code: 'duplicate-key',
    message: `the key ${JSON.stringify(key)} is twice in this mapping`,
    hint: 'remove one of the two, or add the `---` that is missing between two objects',
    related: { ...placeOfKey(composer, earlier.entry), message: 'the first one' },
  })
}

function mergeOne(composer: Composer, mapping: MappingBuilder, source: SourceNode, place: SourceRange): void {
  if (!chargeAlias(composer, source, place)) return
  for (const entry of source.entries) {
    const key = String(entry.key)
    const earlier = mapping.get(key)
    if (earlier !== undefined && !earlier.isMerged) {
      const hint = 'put the merge key first, so that the keys after it win with every YAML reader'
      const message = `this merge key overrides ${JSON.stringify(key)}, which stands before it`
      report(composer, place, { severity: 'warning', code: 'merge-order', message, hint })
    }
    mapping.set(key, { entry, isMerged: true })
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
export function mappingNode(mapping: MappingBuilder, start: number, end: number): SourceNode {
  const entries: SourceEntry[] = []
  let weight = 2
  let depth = 0
  for (const [key, { entry }] of mapping) {
    entries.push(entry)
    weight += key.length + 4 + entry.node.weight
    depth = Math.max(depth, entry.node.depth)
  }
  return { value: objectOf(entries), start, end, entries, weight, depth: depth + 1 }
}
