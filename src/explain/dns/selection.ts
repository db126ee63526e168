import type { Pod, Service } from '../../api/core.ts'
import { suggest } from '../../manifest/suggest.ts'
import { formatLabels, hasSelector, selectPods } from '../../model/selectors.ts'
import { listIn, type Snapshot } from '../../model/snapshot.ts'
import type { Reason } from './reason.ts'

/**
 * That the selector of a Service finds no Pod, and how the nearest one differs; undefined where it finds one, where there is
 * none, and where no Pods are known at all.
 */
export function emptySelection(snapshot: Snapshot, service: Service): Reason | undefined {
  if (snapshot.objects.Pod.size === 0 || !hasSelector(service) || selectPods(snapshot, service).length > 0)
    return undefined
  const selector = service.spec.selector ?? {}
  const { namespace = '' } = service.metadata
  const near = nearest(listIn(snapshot, 'Pod', namespace), Object.entries(selector))
  const text = `no Pod in ${namespace} has its labels ${formatLabels(selector)}`
  return near === undefined ? { text } : { text, hint: near }
}

/** Of the Pods that lack one pair of the selector only. */
function nearest(pods: readonly Pod[], pairs: readonly (readonly [string, string])[]): string | undefined {
  const lacking = pods.flatMap((pod) => {
    const { name, labels = {} } = pod.metadata
    const missing = pairs.filter(([key, value]) => labels[key] !== value)
    return missing.length === 1 ? missing.map(([key, value]) => ({ name, key, value, found: labels[key] })) : []
  })
  const alike = lacking.find(({ value, found }) => found !== undefined && suggest(value, [found]) !== undefined)
  const near = alike ?? (pairs.length > 1 ? lacking[0] : undefined)
  if (near === undefined) return undefined
  const { name, key, value, found } = near
  const has = found === undefined ? `has no label ${key}` : `has ${key}=${found}, not ${key}=${value}`
  return `the nearest, Pod ${name}, ${has}`
}
