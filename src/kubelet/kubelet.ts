import type { Pod } from '../api/core.ts'
import type { RunningContainer } from './container-runtime.ts'
import { removeLogs } from './log-files.ts'
import { startPodWorker, type PodWorker } from './pod-worker.ts'
import { DEFAULT_GRACE } from './stop-container.ts'
import type { KubeletDependencies } from './worker-state.ts'

/** Runs the Pods of all nodes of a network. */
export interface Kubelet {
  /** Call for every Pod at the start and for each change of one; `undefined` where it is gone. `key` as objectKey gives it. */
  podChanged(key: string, pod: Pod | undefined): void
  /** Call where a ConfigMap or Secret of `namespace` changed: containers that wait for one are tried at once. */
  configChanged(namespace: string): void
  /** What runs in a container; undefined where nothing does. */
  childOf(key: string, container: string): RunningContainer | undefined
  /** Ends all Pods; resolves when the last one is gone. Pods that come later are not started. */
  stop(graceSeconds: number): Promise<void>
}

interface Entry {
  readonly uid: string
  readonly worker: PodWorker
  pod: Pod
}

const uidOf = (pod: Pod): string => pod.metadata.uid ?? ''

export function createKubelet(dependencies: KubeletDependencies): Kubelet {
  const entries = new Map<string, Entry>()
  /** A Pod of the same name that waits for the end of the one before. */
  const successors = new Map<string, Pod>()
  let stopped = false

  function run(key: string, pod: Pod): void {
    if (stopped || pod.spec.nodeName === undefined) return
    if (pod.metadata.deletionTimestamp !== undefined) {
      dependencies.deletePod(pod)
      return
    }
    if (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') return
    entries.set(key, { uid: uidOf(pod), worker: startPodWorker(pod, dependencies), pod })
  }

  async function end(key: string, entry: Entry, graceSeconds: number): Promise<void> {
    await entry.worker.terminate(graceSeconds)
    if (entries.get(key) !== entry) return
    entries.delete(key)
    dependencies.logTimes.forget(removeLogs(dependencies.logDirectory, entry.pod))
    const successor = successors.get(key)
    successors.delete(key)
    if (successor !== undefined) run(key, successor)
  }

  return {
    podChanged(key, pod) {
      const entry = entries.get(key)
      if (entry === undefined) {
        if (pod !== undefined) run(key, pod)
        return
      }
      if (pod === undefined || uidOf(pod) !== entry.uid) {
        // Deleted without grace: what still runs has no object any more.
        if (pod === undefined) successors.delete(key)
        else successors.set(key, pod)
        void end(key, entry, 0)
        return
      }
      entry.pod = pod
      entry.worker.update(pod)
      if (pod.metadata.deletionTimestamp === undefined) return
      void end(key, entry, pod.metadata.deletionGracePeriodSeconds ?? graceOf(pod))
    },
    configChanged(namespace) {
      for (const { pod, worker } of entries.values()) {
        if ((pod.metadata.namespace ?? 'default') === namespace) worker.retry()
      }
    },
    childOf: (key, container) => entries.get(key)?.worker.child(container),
    async stop(graceSeconds) {
      stopped = true
      successors.clear()
      await Promise.all([...entries].map(([key, entry]) => end(key, entry, Math.min(graceSeconds, graceOf(entry.pod)))))
    },
  }
}

const graceOf = (pod: Pod): number => pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE
