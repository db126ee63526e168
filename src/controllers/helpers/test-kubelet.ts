/** For tests: the configuration of a network, and a kubelet of a few lines. */
import type { Pod } from '../../api/core.ts'
import { type ClusterConfig, DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from '../../model/cluster-config.ts'
import { isPodReady, isPodTerminating } from '../../model/endpoints.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import type { Controller } from '../controller.ts'

export const TEST_CONFIG: ClusterConfig = testConfig()

function testConfig(): ClusterConfig {
  const parsed = parseClusterConfig(DEFAULT_CLUSTER_CONFIG)
  if (!('clusterDomain' in parsed)) throw new Error(parsed.join('\n'))
  return parsed
}

/** Pods become ready, unless their image is `broken`; what is being deleted goes. `more`: of the status of a ready one. */
export function testKubelet(more: (snapshot: Snapshot) => Pod['status'] = () => ({}), readySince?: string): Controller {
  return {
    name: 'kubelet',
    watches: ['Pod'],
    keys: (object) => [objectKey(object)],
    reconcile: (snapshot, key) => {
      const pod = get(snapshot, 'Pod', key)
      if (pod?.spec.nodeName === undefined) return []
      if (isPodTerminating(pod)) return [{ verb: 'delete', kind: 'Pod', key }]
      if (isPodReady(pod) || pod.spec.containers[0]?.image === 'broken') return []
      const since = readySince === undefined ? {} : { lastTransitionTime: readySince }
      const ready = { type: 'Ready', status: 'True' as const, ...since }
      const conditions = [...(pod.status?.conditions ?? []), ready]
      const status = { ...pod.status, phase: 'Running' as const, ...more(snapshot), conditions }
      return [{ verb: 'update', object: { ...pod, status } }]
    },
  }
}
