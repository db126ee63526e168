/** YAML or JSON text to objects. */
import { composePiece, type ComposedDocument } from './compose.ts'
import type { Diagnostic } from './diagnostic.ts'
import { checkFields } from './fields.ts'
import { checkName, type Header, judgeKind, readHeader } from './header.ts'
import type { Manifest, ManifestObject, Origin } from './manifest.ts'
import { entryOf, fieldOf, isJsonObject, type JsonValue, placeOf, type SourceNode } from './node.ts'
import { cutPieces } from './pieces.ts'
import { rangeAt, type SourceText, sourceText } from './source.ts'
import { describeValue } from './wording.ts'

export interface ParseOptions {
  /** For files found in a directory: what has neither apiVersion nor kind is passed over and counted. */
  readonly lenient?: boolean
}

interface Result {
  readonly objects: ManifestObject[]
  readonly diagnostics: Diagnostic[]
  skipped: number
}

function named(value: JsonValue | undefined, field: string): string | undefined {
  const found = fieldOf(fieldOf(value ?? null, 'metadata') ?? null, field)
  return typeof found === 'string' && found !== '' ? found : undefined
}

/** Not `push(...)`: that throws beyond some hundred thousand. */
function addAll(result: Result, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) result.diagnostics.push(diagnostic)
}

function addObject(result: Result, origin: Origin, node: SourceNode, header: Header): void {
  const { value } = node
  if (!isJsonObject(value)) return
  const { known, diagnostics } = judgeKind(origin.source, node, header)
  addAll(result, diagnostics)
  if (known) {
    addAll(result, checkName(origin.source, node, header.kind))
    addAll(result, checkFields(origin.source, node, header.kind))
  }
  const name = named(value, 'name')
  const generateName = named(value, 'generateName')
  const namespace = named(value, 'namespace')
  result.objects.push({
    value,
    ...header,
    ...(name === undefined ? {} : { name }),
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    known,
    origin,
  })
}

function isList({ kind }: Header, value: JsonValue): boolean {
  return kind === 'List' || (kind.endsWith('List') && Array.isArray(fieldOf(value, 'items')))
}

/** The items of a typed list (`ServiceList`), as an API server sends it, may leave out what they are. */
function withHeader(node: SourceNode, list: Header): SourceNode {
  const { value } = node
  const isTyped = list.kind !== 'List' && isJsonObject(value) && !('kind' in value) && !('apiVersion' in value)
  if (!isTyped) return node
  return { ...node, value: { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length), ...value } }
}

function addItems(result: Result, origin: Origin, node: SourceNode, header: Header): void {
  const items = entryOf(node, 'items')
  if (items === undefined || items.node.value === null) return
  if (!Array.isArray(items.node.value)) {
    const { start, end } = placeOf(items)
    result.diagnostics.push({
      severity: 'error',
      code: 'wrong-type',
      message: `items must be a list: found ${describeValue(items.node.value)}`,
      ...rangeAt(origin.source, start, end),
      hint: 'begin each object with "- "',
    })
    return
  }
  for (const { key, node: item } of items.node.entries) {
    addValue(result, { ...origin, path: [...origin.path, 'items', key] }, withHeader(item, header))
  }
}

function addValue(result: Result, origin: Origin, node: SourceNode): void {
  if (!isJsonObject(node.value)) {
    result.diagnostics.push({
      severity: 'error',
      code: 'not-an-object',
      message: `this is ${describeValue(node.value)}, not a Kubernetes object`,
      ...rangeAt(origin.source, node.start, Math.max(node.end, node.start + 1)),
      hint: 'an object is a mapping with apiVersion, kind and metadata',
    })
    return
  }
  const { header, diagnostics } = readHeader(origin.source, node)
  addAll(result, diagnostics)
  if (header === undefined) return
  if (isList(header, node.value)) addItems(result, origin, node, header)
  else addObject(result, origin, node, header)
}

function isForeign({ value }: SourceNode): boolean {
  return fieldOf(value, 'apiVersion') === undefined && fieldOf(value, 'kind') === undefined
}

function addDocument(result: Result, origin: Origin, document: ComposedDocument, lenient: boolean): void {
  const { node, diagnostics } = document
  if (lenient && node.value !== null && isForeign(node)) {
    result.skipped += 1
    return
  }
  addAll(result, diagnostics)
  if (node.value !== null) addValue(result, origin, node)
}

/** A text that cannot be read is foreign when no line of it begins with what makes an object. */
function looksForeign(text: string): boolean {
  return !/^[ \t{]*"?(?:apiVersion|kind)"?[ \t]*:/m.test(text)
}

function addPiece(result: Result, source: SourceText, piece: Origin['piece'], lenient: boolean): void {
  const { documents, failure } = composePiece(source, piece)
  if (failure !== undefined) {
    if (lenient && looksForeign(source.text.slice(piece.start, piece.end))) result.skipped += 1
    else result.diagnostics.push(failure)
  }
  for (const [index, document] of documents.entries()) {
    addDocument(result, { source, piece, document: index, path: [] }, document, lenient)
  }
}

/**
 * Reads a text of manifests, with all its problems. Never throws. `file` is the name that places carry.
 * Objects with problems are among `objects` as far as they could be read: look at the diagnostics first.
 */
export function parseManifest(text: string, file: string, options: ParseOptions = {}): Manifest {
  const source = sourceText(file, text)
  const result: Result = { objects: [], diagnostics: [], skipped: 0 }
  for (const piece of cutPieces(source.text)) addPiece(result, source, piece, options.lenient === true)
  return result
}
