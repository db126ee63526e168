/** Which Pods use which claims. */
import type { Pod } from '../api/core.ts'
import { indexBy, type Index } from './incremental.ts'
import type { Snapshot } from './snapshot.ts'

/** `namespace/name` of the claims among the Pod's volumes. */
export function claimKeysOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
    claim === undefined ? [] : [`${metadata.namespace ?? ''}/${claim.claimName}`],
  )
}

const byClaim: Index<Pod> = indexBy(['Pod'], (pod) => [...new Set(claimKeysOf(pod))])

/** `key`: of a claim. With those that have no node, and those that have ended. */
export function podsOfClaim(snapshot: Snapshot, key: string): readonly Pod[] {
  return [...byClaim.find(snapshot, key)]
}
