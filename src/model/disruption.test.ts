import { expect, test } from 'vitest'
import type { Pod } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { PodDisruptionBudget } from '../api/policy.ts'
import { disruptionStatus } from './disruption.ts'
import { snapshotOf } from './snapshot.ts'

const set: AnyObject = {
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { namespace: 'shop', name: 'web', uid: 'set' },
  spec: { replicas: 5, selector: {}, template: { spec: { containers: [] } } },
}

/** `a`: ready, `b unready`, `c ending`, `d done`; all of the ReplicaSet, but for `alone`. */
function pod(text: string): Pod {
  const [name = '', ...words] = text.split(' ')
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'set', controller: true }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'shop',
      name,
      labels: { app: 'web' },
      ...(words.includes('alone') ? {} : { ownerReferences: [owner] }),
      ...(words.includes('ending') ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [] },
    status: {
      phase: words.includes('done') ? 'Succeeded' : 'Running',
      conditions: [{ type: 'Ready', status: words.includes('unready') ? 'False' : 'True' }],
    },
  }
}

function budget(spec: NonNullable<PodDisruptionBudget['spec']>): PodDisruptionBudget {
  const metadata = { namespace: 'shop', name: 'b' }
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata,
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  }
}

test.each<[string, NonNullable<PodDisruptionBudget['spec']>, readonly string[], readonly number[]]>([
  ['a number of Pods', { minAvailable: 2 }, ['a', 'b', 'c'], [1, 3, 2, 3]],
  ['Pods that are not ready do not count', { minAvailable: 2 }, ['a', 'b', 'c unready'], [0, 2, 2, 3]],
  ['those that end or are done are no longer there', { minAvailable: 1 }, ['a', 'b ending', 'c done'], [0, 1, 1, 1]],
  ['a share of what the owner wants, rounded up', { minAvailable: '50%' }, ['a', 'b', 'c', 'd'], [1, 4, 3, 5]],
  ['how many may be away', { maxUnavailable: 2 }, ['a', 'b', 'c', 'd'], [1, 4, 3, 5]],
  ['a share of them', { maxUnavailable: '30%' }, ['a', 'b', 'c', 'd', 'e'], [2, 5, 3, 5]],
  ['a Pod without an owner is one', { maxUnavailable: 1 }, ['a alone', 'b alone'], [1, 2, 1, 2]],
  ['none', { minAvailable: 0 }, [], [0, 0, 0, 0]],
])('%s', (_, spec, pods, [disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods]) => {
  const found = disruptionStatus(snapshotOf([set, ...pods.map(pod)]), budget(spec))
  expect(found).toEqual({ disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods })
})
