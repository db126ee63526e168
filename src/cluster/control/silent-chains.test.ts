import { expect, test } from 'vitest'
import type { Pod, Protocol, Service } from '../../api/core.ts'
import { portChains } from '../../model/port-chain.ts'
import { snapshotOf } from '../../model/snapshot.ts'
import { withSilentChains } from './silent-chains.ts'

function pod(imageID: string, annotations: Record<string, string> = {}): Pod {
  const status = { name: 'c', ready: true, restartCount: 0, image: 'x', imageID, state: { running: { startedAt: '' } } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'default', labels: { app: 'a' }, annotations },
    spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, protocol: 'TCP' }] }] },
    status: {
      phase: 'Running',
      podIP: '10.244.1.2',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [status],
    },
  }
}
const service = (targetPort: number, protocol: Protocol): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 's', namespace: 'default' },
  spec: { selector: { app: 'a' }, clusterIP: '10.96.0.10', ports: [{ port: 80, targetPort, protocol }] },
})

test.each<[string, Pod, number, Protocol, boolean]>([
  ['a declared port', pod('stand-in'), 80, 'TCP', false],
  ['a port that is not declared', pod('stand-in'), 9999, 'TCP', true],
  ['the number by another protocol', pod('stand-in'), 80, 'SCTP', true],
  ['a port of the annotation', pod('stand-in', { 'portolan.dev/listen': '9999' }), 9999, 'TCP', false],
  ['loopback only', pod('stand-in', { 'portolan.dev/listen': '127.0.0.1:9999' }), 9999, 'TCP', true],
  ["a program of the user's", pod('host-program'), 9999, 'TCP', false],
])('%s', (_name, object, targetPort, protocol, isSilent) => {
  const snapshot = snapshotOf([object, service(targetPort, protocol)])
  const [chain] = withSilentChains(portChains(snapshot), snapshot)
  expect(chain?.problems.some(({ code }) => code === 'PTL901')).toBe(isSilent)
})
