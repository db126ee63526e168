/** Why a selector finds no Pods: the nearest template, and the pair in which it differs. */
import { fieldOf } from '../../manifest/node.ts'
import { editDistance } from '../../manifest/suggest.ts'
import { titleOf } from './wording.ts'
import type { CheckContext } from './context.ts'
import { hasLabel, isAutomatic, type Labels } from './labels.ts'
import type { Service } from './service.ts'
import type { Workload } from './workload.ts'

export interface Nearest {
  readonly workload: Workload
  /** The pair of the selector that the template lacks. */
  readonly key: string
  readonly wanted: string
  /** What the template has under the key, if anything. */
  readonly found: string | undefined
}

/** Templates of a namespace that are looked at, so that many faults at once do not take long. */
const MOST = 300

/** Small for values that are alike; the same for all that are not. */
function distance(wanted: string, found: string | undefined): number {
  if (found === undefined) return 1
  const longest = Math.max(wanted.length, found.length, 1)
  return longest > 64 ? 0.9 : Math.min(0.9, editDistance(wanted.toLowerCase(), found.toLowerCase()) / longest)
}

function difference(
  service: Service,
  workload: Workload,
): { readonly cost: number; readonly nearest: Nearest | undefined } {
  let cost = 0
  let nearest: Nearest | undefined
  for (const [key, wanted] of Object.entries(service.selector)) {
    if (hasLabel(workload, key, wanted)) continue
    const found = workload.labels[key]
    cost += distance(wanted, found)
    nearest ??= { workload, key, wanted, found }
  }
  return { cost, nearest }
}

/** The template that is nearest to the selector; undefined where none has anything in common with it. */
export function nearestWorkload(context: CheckContext, service: Service): Nearest | undefined {
  let best: Nearest | undefined
  // Something must be alike: one pair of several, or half of the letters.
  let bestCost = Object.keys(service.selector).length - 0.45
  for (const workload of context.workloadIndex.find(service.namespace, {}).slice(0, MOST)) {
    const { cost, nearest } = difference(service, workload)
    if (nearest === undefined || cost >= bestCost) continue
    best = nearest
    bestCost = cost
  }
  return best
}

/** Labels that programs put on their own Pods while they run (Patroni, Vault, operators of databases). */
const RUN_TIME_LABEL =
  /^(?:vault-\w+|role|spilo-role|redis-role|cluster-role|.*\/(?:role|instanceRole|cluster-role|leader|pod-role)|leader|application)$/

/** Whether the only pairs that are missing are of a kind that is set while the Pods run. */
export function isLabelledAtRunTime({ workload }: Nearest, selector: Labels): boolean {
  const missing = Object.entries(selector).filter(([key, value]) => !hasLabel(workload, key, value))
  return missing.every(([key]) => RUN_TIME_LABEL.test(key) && workload.labels[key] === undefined && !isAutomatic(key))
}

/** Kinds of other groups that make no Pods. */
const MAKES_NO_PODS =
  /Route$|^(?:Gateway|ReferenceGrant|ServiceMonitor|PodMonitor|PrometheusRule|Probe|Certificate|Issuer|VirtualService|DestinationRule|ServiceEntry|PeerAuthentication|AuthorizationPolicy|ExternalSecret|SealedSecret|SecretStore|VerticalPodAutoscaler|ScaledObject|Middleware|Kustomization|Application)$/

const isKubernetes = (apiVersion: string): boolean =>
  !apiVersion.includes('/') || /^(?:apps|batch|autoscaling|policy|extensions)\/|\.k8s\.io\//.test(apiVersion)

const makersOf = new WeakMap<CheckContext, ReadonlyMap<string, string>>()

/** The name of a custom resource in the namespace from which an operator may make Pods. */
export function podMaker(context: CheckContext, namespace: string): string | undefined {
  let makers = makersOf.get(context)
  if (makers === undefined) {
    const found = new Map<string, string>()
    for (const object of context.objects) {
      const isMaker =
        !isKubernetes(object.apiVersion) &&
        !MAKES_NO_PODS.test(object.kind) &&
        fieldOf(object.value, 'spec') !== undefined
      if (isMaker) found.set(context.namespaceOf(object), titleOf(object))
    }
    makers = found
    makersOf.set(context, makers)
  }
  return makers.get(namespace)
}
