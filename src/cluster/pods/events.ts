import type { Pod } from '../../api/core.ts'
import type { PodEvent as KubeletEvent } from '../../kubelet/worker-state.ts'

/** What the kubelet says of a Pod, or why there is none. */
export type PodEvent = KubeletEvent | { readonly refused: string }

/** What is told of Pods, on its way to the API server, which is loaded later than the first Pods run. */
export interface PodEvents {
  record(pod: Pod, event: PodEvent): void
  /** Gets what was told so far, and from now on all that is told. */
  follow(listener: (pod: Pod, event: PodEvent) => void): void
}

/** So many are kept until then. */
const CAPACITY = 1000

export function createPodEvents(): PodEvents {
  const early: (readonly [Pod, PodEvent])[] = []
  let listener: ((pod: Pod, event: PodEvent) => void) | undefined
  return {
    record(pod, event) {
      if (listener !== undefined) return listener(pod, event)
      early.push([pod, event])
      if (early.length > CAPACITY) early.shift()
    },
    follow(next) {
      listener = next
      for (const [pod, event] of early.splice(0)) next(pod, event)
    },
  }
}
