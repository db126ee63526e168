/** Builds the trees of values of one piece of text from js-yaml's events. */
import {
  type AliasEvent,
  type Event,
  EVENT_ID,
  type MappingEvent,
  parseEvents,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import { addEntry, addMerge, type MappingBuilder, mappingNode, newMapping } from './compose-mapping.ts'
import { composeScalar, extent, isMergeKey, keyName, plainName } from './compose-scalar.ts'
import { type Composer, chargeAlias, placeIn, report } from './composer.ts'
import type { Diagnostic } from './diagnostic.ts'
import { NO_ENTRIES, type SourceEntry, type SourceNode } from './node.ts'
import type { Piece } from './pieces.ts'
import type { SourceText } from './source.ts'
import { syntaxDiagnostic } from './syntax.ts'

/** One document with the problems that its composition met. */
export interface ComposedDocument {
  readonly node: SourceNode
  readonly diagnostics: readonly Diagnostic[]
}

export interface ComposedPiece {
  readonly documents: readonly ComposedDocument[]
  /** Why the piece could not be read; it has no documents then. */
  readonly failure?: Diagnostic
}

function emptyNode(composer: Composer): SourceNode {
  const offset = composer.offset + composer.cursor
  return { value: null, start: offset, end: offset, entries: NO_ENTRIES, weight: 4, depth: 0 }
}

/** Skips what may stand between the last part of a flow collection and its closing bracket. */
function skipToBracket(text: string, start: number): number {
  let offset = start
  while (offset < text.length && ' \t\r\n,:?#'.includes(text.charAt(offset))) {
    if (text[offset] === '#') while (offset < text.length && !'\r\n'.includes(text.charAt(offset))) offset += 1
    else offset += 1
  }
  return offset
}

/** The end of a collection: its closing bracket, or where its last part ended. */
function collectionEnd(composer: Composer, opening: '[' | '{', start: number): number {
  const closing = opening === '{' ? '}' : ']'
  if (composer.text[start] !== opening) return composer.cursor
  const offset = skipToBracket(composer.text, Math.max(composer.cursor, start + 1))
  if (composer.text[offset] === closing) composer.cursor = offset + 1
  return composer.cursor
}

function composeSequence(composer: Composer, event: SequenceEvent): SourceNode {
  const entries: SourceEntry[] = []
  let weight = 2
  let depth = 0
  while (composer.events[composer.next]?.type !== EVENT_ID.POP) {
    const node = composeNode(composer)
    entries.push({ key: entries.length, keyStart: node.start, keyEnd: node.end, node })
    weight += 1 + node.weight
    depth = Math.max(depth, node.depth)
  }
  composer.next += 1
  const start = composer.offset + event.start
  const end = composer.offset + collectionEnd(composer, '[', event.start)
  return { value: entries.map((entry) => entry.node.value), start, end, entries, weight, depth: depth + 1 }
}

function composePair(composer: Composer, mapping: MappingBuilder): void {
  const event = composer.events[composer.next]
  const plain = event?.type === EVENT_ID.SCALAR ? plainName(composer, event) : undefined
  if (event?.type === EVENT_ID.SCALAR && plain !== undefined) {
    // Nearly every key: no node is made for it.
    composer.next += 1
    const { start, end } = extent(composer, event)
    composer.cursor = Math.max(composer.cursor, end)
    const keyStart = composer.offset + start
    const entry = { key: plain, keyStart, keyEnd: composer.offset + end, node: composeNode(composer) }
    addEntry(composer, mapping, plain, entry)
    return
  }
  const isMerge = event?.type === EVENT_ID.SCALAR && isMergeKey(composer, event)
  const key = composeNode(composer)
  const value = composeNode(composer)
  if (isMerge) {
    const place = placeIn(composer, key.start - composer.offset, key.end - composer.offset)
    addMerge(composer, mapping, value, place)
    return
  }
  const name = keyName(composer, key)
  if (name === undefined) return
  addEntry(composer, mapping, name, { key: name, keyStart: key.start, keyEnd: key.end, node: value })
}

function composeMapping(composer: Composer, event: MappingEvent): SourceNode {
  const mapping = newMapping()
  while (composer.events[composer.next]?.type !== EVENT_ID.POP) composePair(composer, mapping)
  composer.next += 1
  const end = collectionEnd(composer, '{', event.start)
  return mappingNode(mapping, composer.offset + event.start, composer.offset + end)
}

function composeAlias(composer: Composer, event: AliasEvent): SourceNode {
  const name = composer.text.slice(event.anchorStart, event.anchorEnd)
  const anchored = composer.anchors.get(name)
  const start = event.anchorStart - 1
  composer.cursor = event.anchorEnd
  const place = placeIn(composer, start, event.anchorEnd)
  if (anchored === undefined || anchored === 'composing') {
    const isUnknown = anchored === undefined
    report(composer, place, {
      severity: 'error',
      code: 'invalid-alias',
      message: isUnknown ? `there is no anchor &${name} before this alias` : `the value of &${name} contains itself`,
      hint: isUnknown
        ? `write &${name} before the value that is meant, in the same document; or put the text in quotes`
        : 'write the value out',
    })
    return emptyNode(composer)
  }
  if (!chargeAlias(composer, anchored, place)) return emptyNode(composer)
  return { ...anchored, start: composer.offset + start, end: composer.offset + event.anchorEnd }
}

function composeContent(composer: Composer, event: ScalarEvent | SequenceEvent | MappingEvent): SourceNode {
  if (event.type === EVENT_ID.SCALAR) return composeScalar(composer, event)
  composer.cursor = Math.max(composer.cursor, event.start)
  composer.level += 1
  const node = event.type === EVENT_ID.SEQUENCE ? composeSequence(composer, event) : composeMapping(composer, event)
  composer.level -= 1
  return node
}

function composeNode(composer: Composer): SourceNode {
  const event = composer.events[composer.next]
  composer.next += 1
  if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) return emptyNode(composer)
  if (event.type === EVENT_ID.ALIAS) return composeAlias(composer, event)
  if (event.anchorStart < 0) return composeContent(composer, event)
  const anchor = composer.text.slice(event.anchorStart, event.anchorEnd)
  composer.anchors.set(anchor, 'composing')
  const node = composeContent(composer, event)
  composer.anchors.set(anchor, node)
  return node
}

function composeDocuments(composer: Composer): readonly ComposedDocument[] {
  const documents: ComposedDocument[] = []
  while (composer.next < composer.events.length) {
    composer.next += 1
    composer.anchors.clear()
    composer.aliasWeight = 0
    composer.diagnostics = []
    const node = composeNode(composer)
    documents.push({ node, diagnostics: composer.diagnostics })
    composer.next += 1
  }
  return documents
}

/**
 * js-yaml 5.5 refuses a tab between a key and a `{`, which YAML and kubectl allow. So a text that fails is read again
 * with a space for every tab after the indentation. All offsets stay, and the values are taken from the text as it is.
 */
function readEvents(text: string): readonly Event[] {
  try {
    return parseEvents(text, {})
  } catch (error) {
    const softened = text.replaceAll(/[^\r\n\t ][^\r\n]*/g, (line) => line.replaceAll('\t', ' '))
    if (softened === text) throw error
    try {
      return parseEvents(softened, {})
    } catch {
      throw error
    }
  }
}

/** Reads one piece. Never throws. */
export function composePiece(source: SourceText, piece: Piece): ComposedPiece {
  const text = source.text.slice(piece.start, piece.end)
  try {
    const events = readEvents(text)
    const state = { source, text, offset: piece.start, events, diagnostics: [], anchors: new Map() }
    return { documents: composeDocuments({ ...state, next: 0, cursor: 0, level: 0, aliasWeight: 0 }) }
  } catch (error) {
    return { documents: [], failure: syntaxDiagnostic(source, piece, error) }
  }
}
