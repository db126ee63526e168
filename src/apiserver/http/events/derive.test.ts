import { describe, expect, test } from 'vitest'
import type { ReplicaSet } from '../../../api/apps.ts'
import type { ContainerState, Pod } from '../../../api/core.ts'
import { deriveEvents, refusedPodEvent } from './derive.ts'

const owner = (kind: string) => ({ apiVersion: 'apps/v1', kind, name: 'owner', uid: 'u', controller: true })
const pod = (metadata: object, nodeName?: string, state?: ContainerState, restartCount = 0): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'n', uid: 'p-uid', ...metadata },
  spec: { containers: [{ name: 'c' }], ...(nodeName !== undefined && { nodeName }) },
  status:
    state === undefined
      ? {}
      : { containerStatuses: [{ name: 'c', ready: false, restartCount, image: '', imageID: '', state }] },
})
const replicaSet = (replicas: number): ReplicaSet => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: { name: 'rs', namespace: 'n', ownerReferences: [owner('Deployment')] },
  spec: { replicas, selector: {} },
})

const waits: ContainerState = { waiting: { reason: 'ContainerCreating' } }
const runs: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const fails: ContainerState = { waiting: { reason: 'CrashLoopBackOff' } }
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }

const unschedulable = (message: string): Pod => ({
  ...pod({}),
  status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
})

describe('deriveEvents', () => {
  test.each<readonly [string, Pod | ReplicaSet, Pod | ReplicaSet | undefined, readonly string[]]>([
    ['a new Pod', pod({}), undefined, []],
    [
      'a Pod of a ReplicaSet',
      pod({ ownerReferences: [owner('ReplicaSet')] }),
      undefined,
      ['SuccessfulCreate Created pod: p'],
    ],
    ['no node takes it', unschedulable('0/2 nodes'), pod({}), ['FailedScheduling 0/2 nodes']],
    ['for the same reason still', unschedulable('0/2 nodes'), unschedulable('0/2 nodes'), []],
    ['for another reason', unschedulable('0/3 nodes'), unschedulable('0/2 nodes'), ['FailedScheduling 0/3 nodes']],
    ['scheduled', pod({}, 'node-1'), pod({}), ['Scheduled Successfully assigned n/p to node-1']],
    ['started', pod({}, 'node-1', runs), pod({}, 'node-1', waits), ['Started Started container c']],
    ['still running', pod({}, 'node-1', runs), pod({}, 'node-1', runs), []],
    ['started again', pod({}, 'node-1', runs, 1), pod({}, 'node-1', runs, 0), ['Started Started container c']],
    [
      'fails again and again',
      pod({}, 'node-1', fails),
      pod({}, 'node-1', runs),
      ['BackOff Back-off restarting failed container c in pod p'],
    ],
    [
      'a key that is not there',
      pod({}, 'node-1', { waiting: { reason: 'CreateContainerConfigError', message: 'no key' } }),
      pod({}, 'node-1', waits),
      ['Failed Error: no key'],
    ],
    ['deleted', pod(deleted, 'node-1', runs), pod({}, 'node-1', runs), ['Killing Stopping container c']],
    [
      'found running',
      pod({}, 'node-1', runs),
      undefined,
      ['Scheduled Successfully assigned n/p to node-1', 'Started Started container c'],
    ],
    ['scaled up', replicaSet(2), undefined, ['ScalingReplicaSet Scaled up replica set rs from 0 to 2']],
    ['scaled down', replicaSet(1), replicaSet(3), ['ScalingReplicaSet Scaled down replica set rs from 3 to 1']],
    ['not scaled', replicaSet(1), replicaSet(1), []],
  ])('%s', (_what, object, previous, expected) => {
    expect(deriveEvents(object, previous, false).map(({ reason, message }) => `${reason} ${message}`)).toEqual(expected)
  })

  test('a Pod that vanishes is told about once', () => {
    const going = pod({ ...deleted, ownerReferences: [owner('ReplicaSet')] }, 'node-1')
    const before = pod({ ownerReferences: [owner('ReplicaSet')] }, 'node-1')
    expect(deriveEvents(going, before, false).map(({ reason }) => reason)).toEqual(['SuccessfulDelete', 'Killing'])
    expect(deriveEvents(going, going, true)).toEqual([])
  })
})

test.each([
  ['ReplicaSet', 'replicaset-controller', 'Error creating: no'],
  ['StatefulSet', 'statefulset-controller', 'create Pod p in StatefulSet owner failed error: no'],
])('a %s is told of a Pod that was refused', (kind, component, message) => {
  expect(refusedPodEvent(pod({ ownerReferences: [owner(kind)] }), 'no')).toMatchObject({
    type: 'Warning',
    reason: 'FailedCreate',
    component,
    message,
    object: { kind, name: 'owner', namespace: 'n' },
  })
  expect(refusedPodEvent(pod({}), 'no')).toBeUndefined()
})
