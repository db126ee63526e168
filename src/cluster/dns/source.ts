import { compileZone, type Zone } from '../../dns/zone.ts'
import type { CIDR } from '../../lib/ip.ts'
import type { ZoneConfig } from '../../dns/zone-config.ts'
import type { Snapshot } from '../../model/snapshot.ts'

/** Where a DNS server has its objects from: a network's store, files, or the watches of an API server. */
export interface DnsSource {
  /** Asked for every query, so it costs nothing; the same value as long as nothing has changed. */
  readonly snapshot: () => Snapshot
  /** False while watches are still filling: until then nothing is denied, the answer is SERVFAIL instead. */
  readonly synced: () => boolean
  /** Told of each change as soon as it is served; the first one has everything. */
  readonly follow?: (changed: (before: Snapshot, after: Snapshot) => void) => void
  /** Seconds since an API server has told something of a kind. */
  readonly ages?: () => readonly (readonly [kind: string, seconds: number])[]
}

/**
 * The zone of what the source holds at the moment. Only what has changed is computed again. `added`: further ranges whose
 * reverse names it has, the same value as long as they are the same.
 */
export function zoneOfSource(
  source: DnsSource,
  config: Omit<ZoneConfig, 'synced'>,
  added: (snapshot: Snapshot) => readonly CIDR[] = () => NO_RANGES,
): () => Zone {
  const filling: ZoneConfig = { ...config, synced: false }
  let complete: ZoneConfig = { ...config, synced: true }
  let ranges = NO_RANGES
  let seen: Snapshot | undefined
  let zone: Zone | undefined
  return () => {
    const snapshot = source.snapshot()
    const wantedRanges = snapshot === seen ? ranges : added(snapshot)
    if (wantedRanges !== ranges) {
      complete = { ...complete, reverseCIDRs: [...config.reverseCIDRs, ...wantedRanges] }
      ranges = wantedRanges
    }
    const wanted = source.synced() ? complete : filling
    if (zone === undefined || snapshot !== seen || zone.config !== wanted) zone = compileZone(snapshot, wanted, zone)
    seen = snapshot
    return zone
  }
}

const NO_RANGES: readonly CIDR[] = []
