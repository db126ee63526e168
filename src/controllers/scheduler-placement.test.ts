import { describe, expect, test } from 'vitest'
import type { Affinity, Node, Pod, PodAffinityTerm, PodSpec, TopologySpreadConstraint } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { list, snapshotOf, type Snapshot } from '../model/snapshot.ts'
import { applyChange } from './fixed-point.ts'
import { bindPods, schedulerController } from './scheduler.ts'

function node(name: string, zone?: string, extra: Record<string, string> = {}): Node {
  const labels = { 'kubernetes.io/hostname': name, ...(zone === undefined ? {} : { zone }), ...extra }
  const status = { conditions: [{ type: 'Ready', status: 'True' as const }] }
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status }
}

function pod(name: string, app: string, spec: Partial<PodSpec> = {}, namespace = 'default'): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app } },
    spec: { containers: [], ...spec },
  }
}

const on = (nodeName: string, spec: Partial<PodSpec> = {}): Partial<PodSpec> => ({ nodeName, ...spec })
const namespaceOf = (name: string, team: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { team } },
})
const ended = (it: Pod, metadata: object = {}, phase?: 'Succeeded'): Pod => ({
  ...it,
  metadata: { ...it.metadata, ...metadata },
  ...(phase === undefined ? {} : { status: { phase } }),
})
const LEAVING = { deletionTimestamp: '2024-01-01T00:00:00Z' }

const term = (app: string, more: Partial<PodAffinityTerm> = {}): PodAffinityTerm => ({
  labelSelector: { matchLabels: { app } },
  topologyKey: 'kubernetes.io/hostname',
  ...more,
})
const ask = (affinity: Affinity): Partial<PodSpec> => ({ affinity })
const near = (...terms: PodAffinityTerm[]): Partial<PodSpec> =>
  ask({ podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } })
const away = (...terms: PodAffinityTerm[]): Partial<PodSpec> =>
  ask({ podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } })
const prefers = (side: 'podAffinity' | 'podAntiAffinity', ...rows: [number, PodAffinityTerm][]): Partial<PodSpec> =>
  ask({
    [side]: {
      preferredDuringSchedulingIgnoredDuringExecution: rows.map(([weight, podAffinityTerm]) => ({
        weight,
        podAffinityTerm,
      })),
    },
  })
const spread = (more: Partial<TopologySpreadConstraint> = {}, app = 'x'): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: { matchLabels: { app } },
      ...more,
    },
  ],
})
const soft = { whenUnsatisfiable: 'ScheduleAnyway' } as const

const two = [node('n1'), node('n2')]
const zones = [node('n1', 'a'), node('n2', 'a'), node('n3', 'b')]

/** Where Pods go; a Pod that stays behind has what keeps it instead. */
function outcome(objects: readonly AnyObject[]): Record<string, string> {
  const before = snapshotOf(objects)
  const after: Snapshot = bindPods(before).reduce(applyChange, before)
  return Object.fromEntries(
    list(after, 'Pod').map(({ metadata, spec, status }) => {
      const message = status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? ''
      return [metadata.name, spec.nodeName ?? message.replace(/^0\/\d+ nodes are available: (.*)\.$/, '$1')]
    }),
  )
}

const NEAR = "node(s) didn't match pod affinity rules"
const AWAY = "node(s) didn't match pod anti-affinity rules"
const KEPT = "node(s) didn't satisfy existing pods anti-affinity rules"
const SPREAD = "node(s) didn't match pod topology spread constraints"

const ROWS: readonly [string, readonly AnyObject[], Record<string, string>][] = [
  ['beside another', [...two, pod('a', 'db', on('n2')), pod('b', 'x', near(term('db')))], { a: 'n2', b: 'n2' }],
  ['beside nobody', [...two, pod('b', 'x', near(term('db')))], { b: `2 ${NEAR}` }],
  [
    'beside its like: the first goes anywhere, the others follow',
    [...two, pod('a', 'x', near(term('x'))), pod('b', 'x', near(term('x')))],
    { a: 'n1', b: 'n1' },
  ],
  [
    'the first still needs the key',
    [...two, pod('a', 'x', near(term('x', { topologyKey: 'zone' })))],
    { a: `2 ${NEAR}` },
  ],
  [
    'in the zone of another',
    [
      ...zones,
      pod('a', 'db', on('n2')),
      pod('z', 'y', on('n2')),
      pod('b', 'x', near(term('db', { topologyKey: 'zone' }))),
    ],
    { a: 'n2', z: 'n2', b: 'n1' },
  ],
  [
    'all terms must be met by the same Pod',
    [...two, pod('a', 'db', on('n1')), pod('b', 'web', on('n1')), pod('c', 'x', near(term('db'), term('web')))],
    { a: 'n1', b: 'n1', c: `2 ${NEAR}` },
  ],
  [
    'away from its like, with Pods of the same round',
    [...two, ...['a', 'b', 'c'].map((name) => pod(name, 'x', away(term('x'))))],
    { a: 'n1', b: 'n2', c: `2 ${AWAY}` },
  ],
  [
    'who ends still counts, who has ended does not',
    [
      ...two,
      ended(pod('a', 'x', on('n1')), LEAVING),
      ended(pod('b', 'x', on('n2')), {}, 'Succeeded'),
      pod('c', 'y', away(term('x'))),
    ],
    { a: 'n1', b: 'n2', c: 'n2' },
  ],
  [
    'who is there keeps others away',
    [node('n1'), pod('a', 'y', on('n1', away(term('x')))), pod('b', 'x'), pod('c', 'z')],
    { a: 'n1', b: `1 ${KEPT}`, c: 'n1' },
  ],
  [
    'who was placed in this round keeps others away',
    [node('n1'), pod('a', 'y', away(term('x'))), pod('b', 'x')],
    { a: 'n1', b: `1 ${KEPT}` },
  ],
  [
    'away by zone',
    [...zones, pod('a', 'x', on('n1')), pod('b', 'y', away(term('x', { topologyKey: 'zone' })))],
    { a: 'n1', b: 'n3' },
  ],
  [
    'its own namespace, others by name, others by label',
    [
      ...two,
      namespaceOf('shop', 'red'),
      pod('a', 'x', on('n1'), 'shop'),
      pod('own', 'y', away(term('x'))),
      pod('named', 'y', away(term('x', { namespaces: ['shop'] }))),
      pod('red', 'y', away(term('x', { namespaceSelector: { matchLabels: { team: 'red' } } }))),
      pod('blue', 'y', near(term('x', { namespaceSelector: { matchLabels: { team: 'blue' } } }))),
      pod('every', 'y', near(term('x', { namespaceSelector: {} }))),
    ],
    { a: 'n1', own: 'n2', named: 'n2', red: 'n2', blue: `2 ${NEAR}`, every: 'n1' },
  ],
  [
    'no selector finds nobody',
    [node('n1'), pod('a', 'x', on('n1')), pod('b', 'x', away({ topologyKey: 'zone' }))],
    { a: 'n1', b: 'n1' },
  ],
  [
    'the same value of a label',
    [
      node('n1'),
      pod('a', 'x', on('n1')),
      pod('b', 'x', away({ ...term(''), labelSelector: {}, matchLabelKeys: ['app'] })),
      pod('c', 'x', away({ ...term(''), labelSelector: {}, mismatchLabelKeys: ['app'] })),
    ],
    { a: 'n1', b: `1 ${AWAY}`, c: 'n1' },
  ],
  [
    'prefers a neighbour to an empty node, the heavier one',
    [
      ...two,
      pod('a', 'db', on('n1')),
      pod('b', 'web', on('n2')),
      pod('c', 'x', prefers('podAffinity', [1, term('db')], [9, term('web')])),
    ],
    { a: 'n1', b: 'n2', c: 'n2' },
  ],
  [
    'prefers to be away, and goes where there is nothing else',
    [
      ...two,
      pod('a', 'db', on('n1')),
      pod('b', 'y', on('n2')),
      pod('b2', 'y', on('n2')),
      pod('c', 'x', prefers('podAntiAffinity', [1, term('db')])),
      pod('d', 'x', {
        ...prefers('podAntiAffinity', [1, term('db')]),
        nodeSelector: { 'kubernetes.io/hostname': 'n1' },
      }),
    ],
    { a: 'n1', b: 'n2', b2: 'n2', c: 'n2', d: 'n1' },
  ],
  [
    'prefers a node',
    [
      node('n1'),
      node('n2', undefined, { disk: 'ssd' }),
      pod('a', 'y', on('n2')),
      pod(
        'b',
        'x',
        ask({
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 5, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
            ],
          },
        }),
      ),
    ],
    { a: 'n2', b: 'n2' },
  ],
  [
    'Pods that are there like or dislike who comes, and who must have some near likes more of them',
    [
      node('n1'),
      node('n2'),
      pod('a', 'db', on('n2', prefers('podAffinity', [5, term('web')]))),
      pod('b', 'web'),
      pod('c', 'cache', on('n1', prefers('podAntiAffinity', [5, term('batch')]))),
      pod('d', 'cache', on('n2')),
      pod('e', 'cache', on('n2')),
      pod('f', 'batch'),
      pod('g', 'api', on('n2', near(term('log')))),
      pod('h', 'log'),
    ],
    { a: 'n2', b: 'n2', c: 'n1', d: 'n2', e: 'n2', f: 'n2', g: 'n2', h: 'n2' },
  ],
  [
    'a Pod of this round has its wishes at once',
    [node('n1'), node('n2'), pod('a', 'x', prefers('podAffinity', [5, term('y')])), pod('b', 'y')],
    { a: 'n1', b: 'n1' },
  ],
  [
    'spread over zones',
    [...zones, ...['a', 'b', 'c', 'd'].map((name) => pod(name, 'x', spread()))],
    { a: 'n1', b: 'n3', c: 'n2', d: 'n3' },
  ],
  [
    'a skew that is too great',
    [
      ...zones,
      pod('a', 'x', on('n1')),
      pod('b', 'x', { ...spread(), nodeSelector: { zone: 'a' } }),
      pod('c', 'x', { ...spread({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { zone: 'a' } }),
      pod('d', 'x', { ...spread({ nodeAffinityPolicy: 'Ignore', maxSkew: 3 }), nodeSelector: { zone: 'a' } }),
    ],
    {
      a: 'n1',
      b: 'n2',
      c: `1 node(s) didn't match Pod's node affinity/selector, 2 ${SPREAD}`,
      d: 'n1',
    },
  ],
  [
    'who ends, another namespace and other labels are not counted',
    [
      ...zones,
      ended(pod('a', 'x', on('n1')), LEAVING),
      pod('b', 'x', on('n1'), 'shop'),
      pod('c', 'y', on('n1')),
      pod('d', 'x', { ...spread(), nodeSelector: { 'kubernetes.io/hostname': 'n1' } }),
    ],
    { a: 'n1', b: 'n1', c: 'n1', d: 'n1' },
  ],
  ['a node without the key', [node('n1'), pod('a', 'x', spread())], { a: `1 ${SPREAD} (missing required label)` }],
  [
    'too few domains',
    [node('n1', 'a'), pod('a', 'x', on('n1')), pod('b', 'x', spread({ minDomains: 2 }))],
    { a: 'n1', b: `1 ${SPREAD}` },
  ],
  [
    'rather spread, but go',
    [
      node('n1', 'a'),
      node('n2', 'b'),
      pod('a', 'x', on('n1')),
      pod('b', 'y', on('n2')),
      pod('c', 'y', on('n2')),
      pod('d', 'z', spread(soft)),
      pod('e', 'z', { ...spread(soft), nodeSelector: { zone: 'a' } }),
    ],
    { a: 'n1', b: 'n2', c: 'n2', d: 'n2', e: 'n1' },
  ],
  [
    'a gate',
    [node('n1'), pod('a', 'x', { schedulingGates: [{ name: 'wait' }] })],
    { a: 'Scheduling is blocked due to non-empty scheduling gates' },
  ],
]

describe('places of Pods', () => {
  test.each(ROWS)('%s', (_name, objects, wanted) => {
    expect(outcome(objects)).toEqual(wanted)
  })

  test('a gated Pod is said to be', () => {
    const gated = snapshotOf([node('n1'), pod('a', 'x', { schedulingGates: [{ name: 'wait' }] })])
    expect(bindPods(gated)).toMatchObject([
      { object: { status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] } } },
    ])
  })
})

const bound = pod('a', 'x', on('n1'))
const keeper = pod('a', 'x', on('n1', away(term('x'))))
const WAKING: readonly [string, AnyObject, readonly AnyObject[], boolean][] = [
  ['a Pod with a node, no Pod waits', bound, [], false],
  ['a Pod with a node, a plain Pod waits', bound, [pod('b', 'x')], false],
  ['a Pod with a node, one waits that asks', bound, [pod('b', 'x', near(term('x')))], true],
  ['a Pod with a node, one waits that is spread', bound, [pod('b', 'x', spread())], true],
  [
    'a Pod with a node, one that asks is gated',
    bound,
    [pod('b', 'x', { ...spread(), schedulingGates: [{ name: 'g' }] })],
    false,
  ],
  ['a Pod that keeps others away, no Pod waits', keeper, [], false],
  ['a Pod that keeps others away, a plain Pod waits', keeper, [pod('b', 'x')], true],
  ['a Namespace, a plain Pod waits', namespaceOf('shop', 'red'), [pod('b', 'x')], false],
  ['a Namespace, one waits that asks', namespaceOf('shop', 'red'), [pod('b', 'x', near(term('x')))], true],
]
test.each(WAKING)('wakes: %s', (_name, object, waiting, wanted) => {
  expect(schedulerController.keys(object, snapshotOf(waiting)).length > 0).toBe(wanted)
})
