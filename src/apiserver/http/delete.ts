/** DeleteOptions: preconditions, grace, and what becomes of the dependents. */
import { isRecord } from '../../api/decode.ts'
import type { AnyObject } from '../../api/kinds.ts'
import { conflictStatus, notFoundStatus } from '../../api/status.ts'
import { get, list } from '../../model/snapshot.ts'
import { refuse, type WriteResult } from '../write-result.ts'
import type { ApiContext } from './context.ts'
import { badRequest } from './failures.ts'
import { keyOf } from './reads.ts'
import { ALL_KINDS } from './resource-names.ts'
import type { ResourcePath } from './request-path.ts'

export interface DeleteRequest {
  readonly gracePeriodSeconds?: number
  readonly uid?: string
  readonly resourceVersion?: string
  /** Dependents lose their owner instead of their life. */
  readonly orphan: boolean
  /** The object waits for the end of its dependents. */
  readonly foreground: boolean
  readonly dryRun: boolean
}

const POLICIES = ['Background', 'Foreground', 'Orphan']

/** From the body, where there is one, and else from the query. Throws a Refusal where a value is none of those known. */
export function readDeleteOptions(body: unknown, query: URLSearchParams): DeleteRequest {
  const given = isRecord(body) ? body : {}
  const preconditions = isRecord(given['preconditions']) ? given['preconditions'] : {}
  const grace = given['gracePeriodSeconds'] ?? numberOf(query.get('gracePeriodSeconds'))
  if (given['propagationPolicy'] !== undefined && given['orphanDependents'] !== undefined) {
    throw badRequest('orphanDependents and deletionPropagation cannot be both set')
  }
  const policy = given['propagationPolicy'] ?? query.get('propagationPolicy') ?? 'Background'
  if (typeof policy !== 'string' || !POLICIES.includes(policy)) {
    throw badRequest(`invalid propagationPolicy ${JSON.stringify(policy)}: use ${POLICIES.join(', ')}`)
  }
  if (grace !== undefined && (!Number.isInteger(grace) || Number(grace) < 0)) {
    throw badRequest('gracePeriodSeconds must be a number that is not negative')
  }
  const { uid, resourceVersion } = preconditions
  const dryRun = given['dryRun'] ?? query.getAll('dryRun')
  return {
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace } : {}),
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    orphan: policy === 'Orphan' || given['orphanDependents'] === true,
    foreground: policy === 'Foreground',
    dryRun: Array.isArray(dryRun) && dryRun.includes('All'),
  }
}

function numberOf(text: string | null): number | undefined {
  return text === null || text === '' ? undefined : Number(text)
}

export function deleteWithOptions(
  context: ApiContext,
  path: ResourcePath,
  options: DeleteRequest,
): WriteResult<AnyObject> {
  const { kind, name = '' } = path
  const stored: AnyObject | undefined = get(context.store.snapshot(), kind, keyOf(path))
  if (stored === undefined) return refuse(notFoundStatus(kind, name))
  const { uid = '', resourceVersion = '' } = stored.metadata
  if (options.uid !== undefined && options.uid !== uid) {
    const why = `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${uid}`
    return refuse(conflictStatus(kind, name, why))
  }
  if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
    const why = `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`
    return refuse(conflictStatus(kind, name, why))
  }
  if (options.dryRun) return { code: 200, object: stored, warnings: [] }
  if (options.orphan) orphanDependents(context, stored)
  const { gracePeriodSeconds, foreground } = options
  return context.registry.delete(kind, keyOf(path), {
    isForeground: foreground,
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
  })
}

function orphanDependents({ store }: ApiContext, owner: AnyObject): void {
  const { uid } = owner.metadata
  for (const kind of ALL_KINDS) {
    for (const object of list(store.snapshot(), kind)) {
      const { ownerReferences = [], ...metadata } = object.metadata
      const left = ownerReferences.filter((reference) => reference.uid !== uid)
      if (left.length === ownerReferences.length) continue
      store.update({ ...object, metadata: { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } })
    }
  }
}
