import { expect, test } from 'vitest'
import { zoneConfig } from '../../dns/zone-config.ts'
import { formatCIDR, parseCIDR, type CIDR } from '../../lib/ip.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../model/cluster-config.ts'
import { emptySnapshot } from '../../model/snapshot.ts'
import { zoneOfSource } from './source.ts'

test('reverse names of ranges that come later are those of the zone, and it is arranged anew for them only', () => {
  let snapshot = emptySnapshot()
  let added: readonly CIDR[] = []
  const config = zoneConfig(parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig)
  const zone = zoneOfSource({ snapshot: () => snapshot, synced: () => true }, config, () => added)
  const first = zone()
  expect(zone()).toBe(first)
  added = [parseCIDR('10.200.0.0/16') as CIDR]
  snapshot = { ...snapshot }
  expect(zone().config.reverseCIDRs.map(formatCIDR)).toContain('10.200.0.0/16')
  const { config: kept } = zone()
  snapshot = { ...snapshot }
  expect(zone().config).toBe(kept)
})
