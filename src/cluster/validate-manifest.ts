import { setDefaultsService } from '../api/service-defaults.ts'
import { validateObjects, type ValidatedObjects } from '../apiserver/validate-objects.ts'
import { parseClusterConfig, type ClusterConfigText } from '../model/cluster-config.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { dnsObjects } from './dns.ts'
import { planTopology } from './topology.ts'

export type { ObjectProblem } from '../apiserver/validate-objects.ts'

/** What a network of these options would say of the manifest, with nothing started. Or what is wrong with the options. */
export function validateManifest(
  values: readonly unknown[],
  config: ClusterConfigText,
  nodes: number,
): ValidatedObjects | readonly string[] {
  const parsed = parseClusterConfig(config)
  if (!('nodeCIDRs' in parsed)) return parsed
  const topology = planTopology(parsed, nodes)
  if (typeof topology === 'string') return [topology]
  const [service, slice] = dnsObjects(topology)
  const clusterIPs = { ...service, spec: { ...service.spec, clusterIPs: [topology.dnsServiceIP] } }
  return validateObjects(values, snapshotOf([setDefaultsService(clusterIPs), slice]), parsed)
}
