/** The state of composing one piece, and how its parts report problems. */
import type { Event } from 'js-yaml'
import type { Diagnostic } from './diagnostic.ts'
import type { SourceNode } from './node.ts'
import { rangeAt, type SourceRange, type SourceText } from './source.ts'

/** Aliases may not enlarge a document by more than this: against short texts that stand for gigabytes. */
const ALIAS_BUDGET = 16_000_000
/** The depth that js-yaml allows to a text, which aliases may not exceed either. */
const DEPTH_LIMIT = 100

export interface Composer {
  readonly source: SourceText
  /** The text of the piece, and where it begins in the file. */
  readonly text: string
  readonly offset: number
  readonly events: readonly Event[]
  diagnostics: Diagnostic[]
  /** `composing` until the anchored value is complete. */
  readonly anchors: Map<string, SourceNode | 'composing'>
  /** Index of the next event. */
  next: number
  /** The end, in the piece, of what was composed last. */
  cursor: number
  level: number
  aliasWeight: number
}

/** Offsets in the piece. */
export function placeIn(composer: Composer, start: number, end: number): SourceRange {
  return rangeAt(composer.source, composer.offset + start, composer.offset + end)
}

export function report(composer: Composer, place: SourceRange, fault: Omit<Diagnostic, keyof SourceRange>): void {
  composer.diagnostics.push({ ...fault, ...place })
}

/** Takes the cost of repeating `node` here; false, with a diagnostic, when the document would become too large. */
export function chargeAlias(composer: Composer, node: SourceNode, place: SourceRange): boolean {
  const isTooDeep = composer.level + node.depth > DEPTH_LIMIT
  const wasTooLarge = composer.aliasWeight > ALIAS_BUDGET
  composer.aliasWeight += node.weight
  if (composer.aliasWeight <= ALIAS_BUDGET && !isTooDeep) return true
  // Once is enough: every alias that follows is too much as well.
  if (wasTooLarge) return false
  report(composer, place, {
    severity: 'error',
    code: 'too-large',
    message: isTooDeep ? `aliases nest deeper than ${DEPTH_LIMIT} levels` : 'aliases make this document too large',
    hint: 'write the values out, or generate the manifest',
  })
  return false
}
