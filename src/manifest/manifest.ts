/** What a text of manifests becomes. */
import { composePiece } from './compose.ts'
import type { Diagnostic } from './diagnostic.ts'
import { entryOf, type JsonObject, placeOf, type SourceNode } from './node.ts'
import type { Piece } from './pieces.ts'
import { rangeAt, type SourceRange, type SourceText } from './source.ts'

/** Where an object stands: `path` leads from its document to it (`['items', 3]` in a List). */
export interface Origin {
  readonly source: SourceText
  readonly piece: Piece
  /** Index of the document in its piece. */
  readonly document: number
  readonly path: readonly (string | number)[]
}

export interface ManifestObject {
  /** As written: nothing is defaulted, and a null stays. */
  readonly value: JsonObject
  readonly apiVersion: string
  readonly kind: string
  readonly name?: string
  readonly generateName?: string
  readonly namespace?: string
  /** Whether Portolan acts on the kind (`api/kinds.ts`), in its right apiVersion. */
  readonly known: boolean
  readonly origin: Origin
}

export interface Manifest {
  readonly objects: readonly ManifestObject[]
  readonly diagnostics: readonly Diagnostic[]
  /** Documents passed over in lenient mode because they have neither apiVersion nor kind. */
  readonly skipped: number
}

// Trees are not kept: they take more memory than the objects. A piece is read again when a place in it is asked for.
const treesOf = new WeakMap<Piece, readonly SourceNode[]>()

function documentsOf(origin: Origin): readonly SourceNode[] {
  const known = treesOf.get(origin.piece)
  if (known !== undefined) return known
  const trees = composePiece(origin.source, origin.piece).documents.map((document) => document.node)
  treesOf.set(origin.piece, trees)
  return trees
}

/**
 * The place of a path such as `['spec', 'ports', 0, 'port']` in an object: a scalar itself, or the key of a mapping or
 * list. Of a path that does not exist, the nearest parent that does; of the empty path, the object.
 */
export function locate(object: ManifestObject, path: readonly (string | number)[]): SourceRange {
  const { origin } = object
  let node = documentsOf(origin)[origin.document]
  let place = node === undefined ? origin.piece : { start: node.start, end: node.end }
  const full = [...origin.path, ...path]
  for (const key of full) {
    const entry = node === undefined ? undefined : entryOf(node, key)
    if (entry === undefined) break
    node = entry.node
    place = placeOf(entry)
  }
  return rangeAt(origin.source, place.start, place.end)
}
