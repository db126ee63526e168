/** The ranges of Services as ServiceCIDR objects: the network's own is called `kubernetes` and stays, others come and go. */
import type { AnyObject } from '../api/kinds.ts'
import type { Condition } from '../api/meta.ts'
import type { ServiceCIDR } from '../api/networking.ts'
import { DEFAULT_SERVICE_CIDR } from '../api/networking-validation.ts'
import { timestamp } from '../lib/clock.ts'
import { cidrContains, formatCIDR, parseIP, type IP } from '../lib/ip.ts'
import type { Change } from '../model/change.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { allocatableRanges, rangeProblem, rangesOf } from '../model/service-ranges.ts'
import { get, list, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { updateTo } from './helpers/changes.ts'

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'

export const serviceCIDRController: Controller = {
  name: 'service-cidrs',
  watches: ['ServiceCIDR', 'IPAddress', 'Service'],
  keys,
  reconcile: reconcileServiceCIDR,
}

/** Addresses matter to ranges that are to go, and ranges to each other. */
function keys(object: AnyObject, snapshot: Snapshot): readonly string[] {
  const ending = list(snapshot, 'ServiceCIDR').filter(isEnding)
  const names = ending.map(({ metadata }) => metadata.name)
  return object.kind === 'ServiceCIDR' ? [object.metadata.name, ...names] : names
}

const isEnding = ({ metadata }: ServiceCIDR): boolean => metadata.deletionTimestamp !== undefined

/** `key`: the name of a ServiceCIDR. */
export function reconcileServiceCIDR(
  snapshot: Snapshot,
  key: string,
  config: ClusterConfig,
  now: number,
): readonly Change[] {
  const stored = get(snapshot, 'ServiceCIDR', key)
  if (stored === undefined) return key === DEFAULT_SERVICE_CIDR ? [{ verb: 'create', object: ownRange(config) }] : []
  if (key === DEFAULT_SERVICE_CIDR) {
    const own = { ...stored, spec: ownRange(config).spec ?? {} }
    return isEnding(stored) ? [] : updateTo(stored, withCondition(own, DEFAULT_READY, now))
  }
  if (isEnding(stored)) return release(snapshot, stored, config, now)
  const problem = rangeProblem(stored, config)
  if (problem !== undefined) return updateTo(stored, withCondition(stored, { ...UNUSED, message: problem }, now))
  return updateTo(stored, withCondition(withFinalizer(stored), READY, now))
}

function withCondition(object: ServiceCIDR, wanted: Condition, now: number): ServiceCIDR {
  const { conditions = [] } = object.status ?? {}
  const present = conditions.find(({ type }) => type === wanted.type)
  const isSame = present?.status === wanted.status && present.reason === wanted.reason
  if (isSame && present.message === wanted.message) return object
  const others = conditions.filter(({ type }) => type !== wanted.type)
  const lastTransitionTime =
    present?.status === wanted.status && present.lastTransitionTime ? present.lastTransitionTime : timestamp(now)
  return { ...object, status: { ...object.status, conditions: [...others, { ...wanted, lastTransitionTime }] } }
}

function withFinalizer(object: ServiceCIDR): ServiceCIDR {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(FINALIZER)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, FINALIZER] } }
}

/** It goes when no address lies in it alone. */
function release(snapshot: Snapshot, ending: ServiceCIDR, config: ClusterConfig, now: number): readonly Change[] {
  const { finalizers = [] } = ending.metadata
  if (!finalizers.includes(FINALIZER)) return []
  const others = [...config.serviceCIDRs, ...allocatableRanges(snapshot.objects.ServiceCIDR, config)]
  const isOwn = (address: IP): boolean =>
    rangesOf(ending).some((range) => cidrContains(range, address)) &&
    !others.some((range) => cidrContains(range, address))
  if (addressesOfAll(snapshot).some(isOwn)) return updateTo(ending, withCondition(ending, TERMINATING, now))
  const left = finalizers.filter((name) => name !== FINALIZER)
  return updateTo(ending, { ...ending, metadata: { ...ending.metadata, finalizers: left } })
}

/** An IPAddress may be somebody's own, and that of a new Service may be still to come. */
function addressesOfAll(snapshot: Snapshot): readonly IP[] {
  const names = list(snapshot, 'IPAddress').map(({ metadata }) => metadata.name)
  const held = list(snapshot, 'Service').flatMap(({ spec }) => spec.clusterIPs ?? [])
  return [...names, ...held].flatMap((text) => parseIP(text) ?? [])
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

const READY: Condition = { type: 'Ready', status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const DEFAULT_READY: Condition = { ...READY, message: 'Kubernetes default Service CIDR is ready' }
const TERMINATING: Condition = {
  type: 'Ready',
  status: 'False',
  reason: 'Terminating',
  message: 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
}
/** Kubernetes knows no ranges but these, and has no word for it. */
const UNUSED: Condition = { type: 'Ready', status: 'False', reason: 'RangeNotUsable', message: '' }
