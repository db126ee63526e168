/** The folders of claims: they outlive the Pods that mount them, and end with their claim. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PersistentVolumeClaim } from '../../api/storage.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { listIn, type Snapshot } from '../../model/snapshot.ts'

/** `kept`: where they outlive the network too. In it a folder `NAMESPACE/NAME` for each claim. */
export function claimsFolder(directory: string, kept: string | undefined): string {
  return kept ?? join(directory, 'claims')
}

/** Removes the folder of each claim that was deleted, once no Pod uses it any more. */
export function createClaimFolders(folder: string): { sync(snapshot: Snapshot): void } {
  let seen = OrderedMap.empty<PersistentVolumeClaim>()
  const deleted = new Set<string>()
  return {
    sync(snapshot) {
      const claims = snapshot.objects.PersistentVolumeClaim
      for (const { key, after } of seen.changes(claims)) {
        if (after === undefined) deleted.add(key)
        else deleted.delete(key)
      }
      seen = claims
      for (const key of deleted) {
        if (isUsed(snapshot, key)) continue
        rmSync(join(folder, key), { recursive: true, force: true })
        deleted.delete(key)
      }
    },
  }
}

function isUsed(snapshot: Snapshot, key: string): boolean {
  const [namespace = '', name] = key.split('/')
  return listIn(snapshot, 'Pod', namespace).some(({ spec }) =>
    spec.volumes?.some(({ persistentVolumeClaim: claim }) => claim?.claimName === name),
  )
}
