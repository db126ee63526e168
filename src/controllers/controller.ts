import type { AnyObject, Kind } from '../api/kinds.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { changesOf } from '../model/incremental.ts'
import type { Snapshot } from '../model/snapshot.ts'

/**
 * One loop of the control plane: one file in controllers/, one line in controllers/index.ts. Pure: no clock, no random;
 * times are milliseconds since 1970.
 */
export interface Controller {
  readonly name: string
  /** The kinds whose changes wake it. */
  readonly watches: readonly Kind[]
  /**
   * Which keys to reconcile when `object` was created, updated or deleted; `snapshot` is the one after the change.
   * Asked for an update with the object before and with the one after: labels that went away matter too.
   */
  keys(object: AnyObject, snapshot: Snapshot): readonly string[]
  /** What is missing between the snapshot and what it should be at `now`; empty when they agree. */
  reconcile(snapshot: Snapshot, key: string, config: ClusterConfig, now: number): readonly Change[]
  /** When time alone will make `key` need another look, where it will. Asked after each reconcile. */
  wakeAt?(snapshot: Snapshot, key: string, now: number): number | undefined
}

/** The keys that the changes from `before` to `after` wake, each once. From an empty snapshot: everything. */
export function wokenKeys(controller: Controller, before: Snapshot, after: Snapshot): readonly string[] {
  const keys = new Set<string>()
  for (const kind of controller.watches) {
    for (const change of changesOf(before, after, kind)) {
      for (const object of [change.before, change.after]) {
        if (object !== undefined) for (const key of controller.keys(object, after)) keys.add(key)
      }
    }
  }
  return [...keys]
}
