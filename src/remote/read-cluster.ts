/** A cluster at one moment, for those who only look. */
import { KINDS, type Kind } from '../api/kinds.ts'
import { STORED_KINDS } from '../api/stored-kinds.ts'
import { createApiClient } from './api-client.ts'
import { createClusterState, type ClusterView } from './cluster-state.ts'
import { listAll } from './list.ts'
import { readAccess, type AccessOptions } from './server-access.ts'
import { sourceOf } from './source.ts'

export interface ReadCluster extends ClusterView {
  /** Kinds that could not be read, with the reason, and objects that are set aside. */
  readonly problems: readonly string[]
}

/** Secrets are nobody's business here; the others say nothing about traffic, and some change all the time. */
const UNREAD: ReadonlySet<string> = new Set([
  'Secret',
  'Lease',
  'ServiceAccount',
  'ControllerRevision',
  'IPAddress',
  'ServiceCIDR',
  ...Object.keys(STORED_KINDS),
])
const READ_KINDS = (Object.keys(KINDS) as Kind[]).filter((kind) => !UNREAD.has(kind))

/** Reads every kind once. Throws a KubeconfigError; rejects where no kind can be read. */
export async function readClusterSnapshot(options: AccessOptions): Promise<ReadCluster> {
  const access = readAccess(options)
  const client = createApiClient(() => access)
  const problems: string[] = []
  const state = createClusterState((message) => problems.push(message), 'whole')
  const read = async (kind: Kind): Promise<void> => {
    const { items } = await listAll(client, sourceOf(kind), new AbortController().signal)
    state.replace(kind, items)
  }
  try {
    const results = await Promise.allSettled(READ_KINDS.map(read))
    const failures = results.flatMap((result, i) =>
      result.status === 'rejected' ? [{ kind: READ_KINDS[i], result }] : [],
    )
    if (failures.length === READ_KINDS.length) throw failures[0]?.result.reason
    for (const { kind, result } of failures) problems.push(`${kind}: ${messageOf(result.reason)}`)
    return { ...state.view, problems }
  } finally {
    client.close()
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
