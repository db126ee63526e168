/** What all controllers that make Pods from a template share. */
import type { Pod, PodTemplateSpec } from '../../api/core.ts'
import type { AnyObject } from '../../api/kinds.ts'
import { isPodFinished, isPodReady, isPodTerminating } from '../../model/endpoints.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { dependentsOf, ownerReference } from './owners.ts'

/** The Pods that `owner` manages, in order of their names. */
export function podsOf(snapshot: Snapshot, owner: AnyObject): readonly Pod[] {
  return dependentsOf(snapshot, owner).filter((object) => object.kind === 'Pod')
}

/** Neither ended nor ending. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminating(pod) && !isPodFinished(pod)
}

export function podFromTemplate(owner: AnyObject, template: PodTemplateSpec, name: string): Pod {
  const { namespace } = owner.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...template.metadata,
      name,
      generateName: `${owner.metadata.name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
  }
}

/** Whether the Pod has been ready for `minReadySeconds`. */
export function isPodAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  return (availableAt(pod, minReadySeconds) ?? Number.POSITIVE_INFINITY) <= now
}

/** When the Pod counts as available if it stays ready; undefined while it is not. Milliseconds since 1970. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  if (!isPodReady(pod)) return undefined
  const since = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
  return minReadySeconds === 0 || since === undefined ? 0 : Date.parse(since) + minReadySeconds * 1000
}

/** The next moment at which one of the Pods becomes available. */
export function nextAvailable(pods: readonly Pod[], minReadySeconds: number, now: number): number | undefined {
  const moments = pods.flatMap((pod) => availableAt(pod, minReadySeconds) ?? []).filter((moment) => moment > now)
  return moments.length === 0 ? undefined : Math.min(...moments)
}
