/** How a client wants to see objects: as they are, as rows of a table, or their metadata alone. */
import { KINDS, type AnyObject, type Kind } from '../../api/kinds.ts'
import { badRequest } from './failures.ts'
import { hasHeartbeat, withHeartbeat } from './heartbeat.ts'
import type { OtherVersion } from './other-versions.ts'
import { PRINTERS } from './printers/printers.ts'
import type { Cell, Column } from './printers/printer.ts'

export type Form = 'object' | 'table' | 'metadata'

export interface ListMeta {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

export interface Representation {
  readonly form: Form
  /** As ResourcePath has it. */
  readonly version?: OtherVersion | undefined
  one(object: AnyObject): unknown
  list(kind: Kind, objects: readonly AnyObject[], metadata: ListMeta): unknown
  /** Of one watch: a table's columns come with the first event only. */
  watched(): (object: AnyObject) => unknown
}

/** From `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`; what is not known is read over, plain JSON is always served. */
export function formOf(accept: string): Form {
  for (const entry of accept.replaceAll(' ', '').split(',')) {
    const as = /;as=(\w+)/.exec(entry)?.[1]
    if (as === undefined) {
      if (entry.startsWith('application/json')) return 'object'
      continue
    }
    const isMeta = entry.includes('g=meta.k8s.io') && entry.includes('v=v1') && !entry.includes('v=v1beta1')
    if (!isMeta || !entry.startsWith('application/json')) continue
    if (as === 'Table') return 'table'
    if (as.startsWith('PartialObjectMetadata')) return 'metadata'
  }
  return 'object'
}

/** `includeObject`: what a row carries beside its cells. `now` in milliseconds since 1970. */
export function representation(
  form: Form,
  includeObject: string | null,
  now: number,
  version?: OtherVersion,
): Representation {
  if (form === 'object') {
    const one = (object: AnyObject): unknown => version?.show(object) ?? withHeartbeat(object, now)
    const isChanged = (kind: Kind): boolean => version !== undefined || hasHeartbeat(kind)
    return {
      form,
      version,
      one,
      list: (kind, objects, metadata) =>
        plainList(kind, version, isChanged(kind) ? objects.map(one) : objects, metadata),
      watched: () => one,
    }
  }
  if (form === 'metadata') {
    return {
      form,
      version,
      one: (object) => metadataOf(object, version),
      list: (_kind, objects, metadata) => ({
        kind: 'PartialObjectMetadataList',
        apiVersion: 'meta.k8s.io/v1',
        metadata,
        items: objects.map((object) => metadataOf(object, version)),
      }),
      watched: () => (object) => metadataOf(object, version),
    }
  }
  return tables(includeObject, now, version)
}

function plainList(
  kind: Kind,
  version: OtherVersion | undefined,
  objects: readonly unknown[],
  metadata: ListMeta,
): unknown {
  return { kind: `${kind}List`, apiVersion: version?.apiVersion ?? KINDS[kind].apiVersion, metadata, items: objects }
}

function metadataOf(object: AnyObject, version?: OtherVersion): unknown {
  const { metadata } = version?.show(object) ?? object
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
}

function tables(includeObject: string | null, now: number, version?: OtherVersion): Representation {
  const include = rowObject(includeObject ?? 'Metadata', version)
  const row = (object: AnyObject): unknown => ({ cells: cellsOf(object, now), object: include(object) })
  const table = (shown: readonly Column[] | undefined, objects: readonly AnyObject[], metadata: object): unknown => ({
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: shown ?? null,
    rows: objects.map(row),
  })
  const versionOf = ({ metadata }: AnyObject): object => ({ resourceVersion: metadata.resourceVersion ?? '' })
  return {
    form: 'table',
    version,
    one: (object) => table(PRINTERS[object.kind].columns, [object], versionOf(object)),
    list: (kind, objects, metadata) => table(PRINTERS[kind].columns, objects, metadata),
    watched() {
      let isFirst = true
      return (object) => {
        const shown = isFirst ? PRINTERS[object.kind].columns : undefined
        isFirst = false
        return table(shown, [object], versionOf(object))
      }
    },
  }
}

function rowObject(include: string, version?: OtherVersion): (object: AnyObject) => unknown {
  switch (include) {
    case 'Metadata':
      return (object) => metadataOf(object, version)
    case 'Object':
      return (object) => version?.show(object) ?? object
    case 'None':
      return () => null
    default:
      throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`)
  }
}

function cellsOf(object: AnyObject, now: number): readonly Cell[] {
  // Each kind's printer takes that kind's objects.
  const printer = PRINTERS[object.kind] as { cells(object: AnyObject, now: number): readonly Cell[] }
  return printer.cells(object, now)
}
