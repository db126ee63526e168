/** The folders of volumes: they outlive the Pods that mount them and the claims that are kept, and end with their volume. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PersistentVolume } from '../../api/storage.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { podsOfClaim } from '../../model/volume-claims.ts'
import { volumeFolder } from './claim-source.ts'

/** `kept`: where they outlive the network too. In it a folder `NAMESPACE/NAME` for each claim. */
export function claimsFolder(directory: string, kept: string | undefined): string {
  return kept ?? join(directory, 'claims')
}

/** Removes the folder of each volume that was deleted, once no Pod uses it any more. */
export function createClaimFolders(directory: string): { sync(snapshot: Snapshot): void } {
  let seen = OrderedMap.empty<PersistentVolume>()
  /** Folders, and the claim whose Pods may still use them. */
  const deleted = new Map<string, string>()
  return {
    sync(snapshot) {
      const volumes = snapshot.objects.PersistentVolume
      for (const { before, after } of seen.changes(volumes)) {
        const [left, made] = [before && volumeFolder(before), after && volumeFolder(after)]
        const { namespace = '', name = '' } = before?.spec?.claimRef ?? {}
        if (left !== undefined && left !== made) deleted.set(left, `${namespace}/${name}`)
      }
      seen = volumes
      if (deleted.size === 0) return
      for (const volume of volumes.values()) deleted.delete(volumeFolder(volume) ?? '')
      for (const [folder, claim] of deleted) {
        if (podsOfClaim(snapshot, claim).length > 0) continue
        rmSync(join(directory, folder), { recursive: true, force: true })
        deleted.delete(folder)
      }
    },
  }
}
