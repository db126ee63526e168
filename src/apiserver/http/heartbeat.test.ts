import { expect, test } from 'vitest'
import type { Lease } from '../../api/coordination.ts'
import type { Node } from '../../api/core.ts'
import { withHeartbeat } from './heartbeat.ts'

const created = '2026-01-01T00:00:00Z'
const after = (seconds: number): number => Date.parse(created) + seconds * 1000
const lease = (name: string, namespace = 'kube-node-lease'): Lease => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { namespace, name, creationTimestamp: created },
  spec: { holderIdentity: 'node-1', leaseDurationSeconds: 40 },
})

test.each([
  [0, '2026-01-01T00:00:00.000000Z'],
  [9.9, '2026-01-01T00:00:00.000000Z'],
  [10, '2026-01-01T00:00:10.000000Z'],
  [3605, '2026-01-01T01:00:00.000000Z'],
])("a node's Lease, %d s later", (seconds, renewTime) => {
  expect(withHeartbeat(lease('node-1'), after(seconds))).toMatchObject({
    spec: { renewTime, leaseDurationSeconds: 40 },
  })
})

test('other Leases are as their holders left them', () => {
  for (const other of [lease('node-2'), lease('node-1', 'default')]) expect(withHeartbeat(other, after(60))).toBe(other)
})

test('conditions of a node were confirmed in the last five minutes', () => {
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', creationTimestamp: created },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
  expect(withHeartbeat(node, after(650))).toMatchObject({
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastHeartbeatTime: '2026-01-01T00:10:00Z',
          lastTransitionTime: created,
        },
      ],
    },
  })
})
