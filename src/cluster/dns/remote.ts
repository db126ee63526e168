/** The names of a real cluster: its objects, as a source of the DNS server. */
import { createApiClient } from '../../remote/api-client.ts'
import type { ClusterView } from '../../remote/cluster-state.ts'
import { CHECK_TIMES } from '../../remote/lost-events.ts'
import { readAccess, type AccessOptions } from '../../remote/server-access.ts'
import { dnsSources } from '../../remote/source.ts'
import { watchCluster } from '../../remote/watch-cluster.ts'
import { emptySnapshot, type Snapshot } from '../../model/snapshot.ts'
import type { DnsSource } from './source.ts'

export { KubeconfigError } from '../../remote/kubeconfig.ts'

export interface RemoteNames {
  readonly source: DnsSource
  close(): void
}

export interface RemoteNamesOptions {
  readonly access: AccessOptions
  /** Whether Pods have names: they are the most of a cluster's objects. */
  readonly pods: boolean
  readonly onMessage: (message: string) => void
}

/** Throws a KubeconfigError; a server that is away is waited for, and nothing is denied until everything was listed. */
export function followNames({ access, pods, onMessage }: RemoteNamesOptions): RemoteNames {
  readAccess(access)
  const nothing = emptySnapshot()
  const followers: ((before: Snapshot, after: Snapshot) => void)[] = []
  let view: ClusterView | undefined
  const watch = watchCluster({
    client: createApiClient(() => readAccess(access)),
    sources: dnsSources(pods),
    check: CHECK_TIMES,
    onMessage,
    onView(next) {
      if (view === undefined) onMessage(`${next.snapshot.objects.Service.size} Services have names`)
      const before = view?.snapshot ?? nothing
      view = next
      for (const changed of followers) changed(before, next.snapshot)
    },
  })
  return {
    source: {
      snapshot: () => view?.snapshot ?? nothing,
      synced: () => view !== undefined,
      follow: (changed) => void followers.push(changed),
      ages: () => watch.ages(),
    },
    close: () => watch.stop(),
  }
}
