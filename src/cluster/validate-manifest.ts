import { setDefaultsService } from '../api/service-defaults.ts'
import type { AnyObject } from '../api/kinds.ts'
import { validateObjects, type ValidatedObjects } from '../apiserver/validate-objects.ts'
import { parseClusterConfig, type ClusterConfigText } from '../model/cluster-config.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { adoptNode, isNode, ownObjects } from './own-objects.ts'
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
  const snapshot = snapshotOf(ownObjects(topology, parsed).map(asStored))
  return validateObjects(
    values.map((value) => (isNode(value) ? adoptNode(value, snapshot) : value)),
    snapshot,
    parsed,
  )
}

/** As the store would have it: a Service's one address is also the first of its addresses. */
function asStored(object: AnyObject): AnyObject {
  if (object.kind !== 'Service') return object
  const { clusterIP = '' } = object.spec
  return setDefaultsService({ ...object, spec: { ...object.spec, clusterIPs: [clusterIP] } })
}
