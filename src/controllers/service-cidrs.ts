/** The ranges of Services as ServiceCIDR objects: the network's own is called `kubernetes` and stays. */
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { ServiceCIDR } from '../api/networking.ts'
import { DEFAULT_SERVICE_CIDR } from '../api/networking-validation.ts'
import { timestamp } from '../lib/clock.ts'
import { formatCIDR } from '../lib/ip.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'

export const serviceCIDRController: Controller = {
  name: 'service-cidrs',
  watches: ['ServiceCIDR'],
  keys: (object: AnyObject) => [object.metadata.name],
  reconcile: reconcileServiceCIDR,
}

/** `key`: the name of a ServiceCIDR. */
export function reconcileServiceCIDR(
  snapshot: Snapshot,
  key: string,
  config: ClusterConfig,
  now: number,
): readonly Change[] {
  const stored = get(snapshot, 'ServiceCIDR', key)
  if (stored === undefined) return key === DEFAULT_SERVICE_CIDR ? [{ verb: 'create', object: ownRange(config) }] : []
  if (stored.metadata.deletionTimestamp !== undefined) return []
  const own = key === DEFAULT_SERVICE_CIDR ? { ...stored, spec: ownRange(config).spec ?? {} } : stored
  const wanted = key === DEFAULT_SERVICE_CIDR ? READY : UNUSED
  const { conditions = [] } = stored.status ?? {}
  const present = conditions.find(({ type }) => type === wanted.type)
  if (present?.status === wanted.status) return updateTo(stored, own)
  const others = conditions.filter(({ type }) => type !== wanted.type)
  const status = { ...stored.status, conditions: [...others, { ...wanted, lastTransitionTime: timestamp(now) }] }
  return updateTo(stored, { ...own, status })
}

/** Of the ranges that the network was started with. */
export function ownRange({ serviceCIDRs }: ClusterConfig): ServiceCIDR {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: DEFAULT_SERVICE_CIDR },
    spec: { cidrs: serviceCIDRs.map(formatCIDR) },
  }
}

const READY: Condition = {
  type: 'Ready',
  status: 'True',
  reason: '',
  message: 'Kubernetes default Service CIDR is ready',
}

const UNUSED: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'NotUsed',
  message: 'addresses are taken from the ranges that the network was started with',
}
