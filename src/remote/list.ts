/** All objects of one kind, page by page. */
import { ApiError, bodyOf, type ApiClient } from './api-client.ts'
import type { Source } from './source.ts'

export interface Listed {
  readonly items: readonly unknown[]
  /** From where a watch goes on. */
  readonly resourceVersion: string
}

/** Objects of any kind that a server has. */
export type Listable = Pick<Source, 'path' | 'labelSelector' | 'fieldSelector'>

const PAGE = 500
/** Milliseconds for one page. */
const PATIENCE = 60_000

/** Rejects with an ApiError where the server refuses. */
export async function listAll(client: ApiClient, source: Listable, signal: AbortSignal): Promise<Listed> {
  try {
    return await listPages(client, source, signal, PAGE)
  } catch (error) {
    // It took so long that the rest of the list is gone from the server's history: all at once then.
    if (error instanceof ApiError && error.status === 410) return listPages(client, source, signal, 0)
    throw error
  }
}

async function listPages(client: ApiClient, source: Listable, signal: AbortSignal, limit: number): Promise<Listed> {
  const items: unknown[] = []
  let next = ''
  for (;;) {
    const query = queryOf(source, {
      ...(limit > 0 ? { limit: String(limit) } : {}),
      ...(next ? { continue: next } : {}),
    })
    const within = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])
    const page = readPage(await bodyOf(await client.get(`${source.path}${query}`, within)), source)
    for (const item of page.items) items.push(withoutHistory(item))
    if (page.next === '') return { items, resourceVersion: page.resourceVersion }
    next = page.next
  }
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Without what says who wrote which field: nobody looks at it, and it is most of many objects. */
function withoutHistory(item: unknown): unknown {
  const metadata = fieldOf(item, 'metadata')
  if (typeof item !== 'object' || typeof metadata !== 'object' || metadata === null) return item
  const annotations = fieldOf(metadata, 'annotations')
  const { managedFields: _, ...rest } = metadata as Readonly<Record<string, unknown>>
  if (fieldOf(annotations, LAST_APPLIED) === undefined) return { ...item, metadata: rest }
  const { [LAST_APPLIED]: __, ...others } = annotations as Readonly<Record<string, unknown>>
  return { ...item, metadata: { ...rest, annotations: others } }
}

/** With the selectors of the source. */
export function queryOf({ labelSelector, fieldSelector }: Listable, more: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(more)
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector)
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector)
  return query.size === 0 ? '' : `?${query.toString()}`
}

function readPage(text: string, { path }: Listable): Listed & { readonly next: string } {
  const page: unknown = JSON.parse(text)
  const items = fieldOf(page, 'items')
  const metadata = fieldOf(page, 'metadata')
  const resourceVersion = fieldOf(metadata, 'resourceVersion')
  if (typeof resourceVersion !== 'string') throw new Error(`${path}: the answer is no list of Kubernetes objects`)
  const next = fieldOf(metadata, 'continue')
  return { items: Array.isArray(items) ? items : [], resourceVersion, next: typeof next === 'string' ? next : '' }
}

/** A field of what was read from JSON. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
