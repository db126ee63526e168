import { describe, expect, test } from 'vitest'
import type { Pod, Service } from '../../../api/core.ts'
import { PRINTERS } from './printers.ts'
import { humanDuration } from './printer.ts'

const NOW = Date.UTC(2026, 0, 1)

test.each([
  [0, '0s'],
  [119, '119s'],
  [120, '2m'],
  [125, '2m5s'],
  [599, '9m59s'],
  [600, '10m'],
  [10_799, '179m'],
  [10_800, '3h'],
  [28_740, '7h59m'],
  [28_800, '8h'],
  [172_799, '47h'],
  [172_800, '2d'],
  [176_400, '2d1h'],
  [691_200, '8d'],
  [86_400 * 729, '729d'],
  [86_400 * 735, '2y5d'],
  [86_400 * 365 * 9, '9y'],
  [-5, '<invalid>'],
])('%d seconds are %s', (seconds, text) => {
  expect(humanDuration(seconds)).toBe(text)
})

test('every printer has a cell for each column', () => {
  const metadata = { name: 'x' }
  const containers = [{ name: 'c' }]
  const template = { spec: { containers } }
  const spec = { selector: {}, template, jobTemplate: { spec: { template } }, containers, ports: [] }
  for (const [kind, printer] of Object.entries(PRINTERS)) {
    const object = { kind, metadata, spec, endpoints: [], addressType: 'IPv4' } as never
    expect([kind, printer.cells(object, NOW).length]).toEqual([kind, printer.columns.length])
  }
})

describe('Pods', () => {
  const ready = {
    name: 'c',
    ready: true,
    restartCount: 0,
    image: '',
    imageID: '',
    state: { running: { startedAt: '' } },
  }
  const waiting = (reason: string): object => ({ ...ready, ready: false, state: { waiting: { reason } } })
  const ended = (exitCode: number, reason: string): object => ({
    ...ready,
    ready: false,
    state: { terminated: { exitCode, reason } },
  })
  const cells = (status: object, spec: object = {}, metadata: object = {}): readonly unknown[] => {
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', ...metadata },
      spec: { containers: [{ name: 'c' }], ...spec },
      status,
    }
    return PRINTERS.Pod.cells(pod, NOW).slice(1, 4)
  }

  test.each<readonly [string, object, object, object, readonly unknown[]]>([
    ['pending', { phase: 'Pending' }, {}, {}, ['0/1', 'Pending', '0']],
    ['running', { phase: 'Running', containerStatuses: [ready] }, {}, {}, ['1/1', 'Running', '0']],
    [
      'waiting',
      { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] },
      {},
      {},
      ['0/1', 'ContainerCreating', '0'],
    ],
    ['ended', { phase: 'Succeeded', containerStatuses: [ended(0, 'Completed')] }, {}, {}, ['0/1', 'Completed', '0']],
    ['without a reason', { phase: 'Failed', containerStatuses: [ended(3, '')] }, {}, {}, ['0/1', 'ExitCode:3', '0']],
    [
      'held back by gates',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
      {},
      {},
      ['0/1', 'SchedulingGated', '0'],
    ],
    ['evicted', { phase: 'Failed', reason: 'Evicted' }, {}, {}, ['0/1', 'Evicted', '0']],
    [
      'deleted',
      { phase: 'Running', containerStatuses: [ready] },
      {},
      { deletionTimestamp: '2026-01-01T00:00:00Z' },
      ['1/1', 'Terminating', '0'],
    ],
    [
      'init runs',
      { phase: 'Pending', initContainerStatuses: [ready] },
      { initContainers: [{ name: 'i' }, { name: 'j' }] },
      {},
      ['0/1', 'Init:0/2', '0'],
    ],
    [
      'init fails',
      { phase: 'Pending', initContainerStatuses: [ended(1, 'Error')] },
      { initContainers: [{ name: 'c' }] },
      {},
      ['0/1', 'Init:Error', '0'],
    ],
    [
      'a sidecar counts',
      {
        phase: 'Running',
        conditions: [{ type: 'Initialized', status: 'True' }],
        initContainerStatuses: [{ ...ready, started: true }],
        containerStatuses: [ready],
      },
      { initContainers: [{ name: 'c', restartPolicy: 'Always' }] },
      {},
      ['2/2', 'Running', '0'],
    ],
    [
      'what an init container did before it ended is no restart',
      {
        phase: 'Running',
        initContainerStatuses: [
          {
            ...ended(0, 'Completed'),
            restartCount: 3,
            lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2025-12-31T23:59:00Z' } },
          },
        ],
        containerStatuses: [
          {
            ...ready,
            restartCount: 1,
            lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2025-12-31T23:55:00Z' } },
          },
        ],
      },
      { initContainers: [{ name: 'c' }] },
      {},
      ['1/1', 'Running', '1 (5m ago)'],
    ],
    [
      'restarted',
      {
        phase: 'Running',
        containerStatuses: [
          {
            ...ready,
            restartCount: 2,
            lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2025-12-31T23:58:00Z' } },
          },
        ],
      },
      {},
      {},
      ['1/1', 'Running', '2 (2m ago)'],
    ],
  ])('%s', (_what, status, spec, metadata, expected) => {
    expect(cells(status, spec, metadata)).toEqual(expected)
  })

  test.each([
    [[], [], '<none>'],
    [['a', 'b'], [], '0/2'],
    [
      ['a', 'b'],
      [
        { type: 'a', status: 'True' },
        { type: 'b', status: 'False' },
      ],
      '1/2',
    ],
  ])('readiness gates %j with the conditions %j', (gates, conditions, expected) => {
    const readinessGates = gates.map((conditionType) => ({ conditionType }))
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [], readinessGates } }
    expect(PRINTERS.Pod.cells({ ...pod, status: { conditions } } as Pod, NOW).at(-1)).toBe(expected)
  })
})

describe('Services', () => {
  test.each<readonly [Service['spec'], readonly unknown[]]>([
    [
      { type: 'ClusterIP', clusterIP: '10.0.0.1', ports: [{ port: 80 }] },
      ['ClusterIP', '10.0.0.1', '<none>', '80/TCP'],
    ],
    [
      {
        type: 'NodePort',
        clusterIP: '10.0.0.1',
        ports: [
          { port: 80, nodePort: 30000 },
          { port: 53, protocol: 'UDP', nodePort: 30001 },
        ],
      },
      ['NodePort', '10.0.0.1', '<none>', '80:30000/TCP,53:30001/UDP'],
    ],
    [
      { type: 'LoadBalancer', clusterIP: '10.0.0.1', ports: [{ port: 80 }] },
      ['LoadBalancer', '10.0.0.1', '<pending>', '80/TCP'],
    ],
    [
      { type: 'ClusterIP', clusterIP: 'None', externalIPs: ['1.2.3.4', '1.2.3.5'] },
      ['ClusterIP', 'None', '1.2.3.4,1.2.3.5', '<none>'],
    ],
    [{ type: 'ExternalName', externalName: 'a.example' }, ['ExternalName', '<none>', 'a.example', '<none>']],
  ])('%j', (spec, expected) => {
    const cells = PRINTERS.Service.cells({ apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec }, NOW)
    expect(cells.slice(1, 5)).toEqual(expected)
  })
})
