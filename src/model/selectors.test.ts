import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Pod, Service } from '../api/core.ts'
import type { LabelSelector } from '../api/meta.ts'
import { hasSelector, matchLabels, matchLabelSelector, selectPods, servicesSelecting } from './selectors.ts'
import { list, objectKey, snapshotOf } from './snapshot.ts'

type Labels = Readonly<Record<string, string>>

function pod(namespace: string, name: string, labels: Labels): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, labels }, spec: { containers: [] } }
}

function service(namespace: string, name: string, selector: Labels): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec: { selector } }
}

const labels = { app: 'web', tier: 'front' }

const SELECTORS: readonly [string, LabelSelector | undefined, boolean][] = [
  ['absent', undefined, false],
  ['empty', {}, true],
  ['matchLabels', { matchLabels: { app: 'web' } }, true],
  ['matchLabels, another value', { matchLabels: { app: 'db' } }, false],
  ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['db', 'web'] }] }, true],
  ['In, absent key', { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] }, false],
  ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
  ['NotIn, absent key', { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, true],
  ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
  ['Exists, a name that every record inherits', { matchExpressions: [{ key: 'toString', operator: 'Exists' }] }, false],
  ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
  [
    'both parts',
    { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['x'] }] },
    false,
  ],
]

describe('matchLabelSelector', () => {
  test.each(SELECTORS)('%s', (_name, selector, wanted) => {
    expect(matchLabelSelector(selector, labels)).toBe(wanted)
  })
})

describe('Services and Pods', () => {
  test('an empty selector is none, and ExternalName has none', () => {
    expect(hasSelector(service('a', 'x', {}))).toBe(false)
    expect(hasSelector(service('a', 'x', { app: 'web' }))).toBe(true)
    const external: Service = { ...service('a', 'x', { app: 'web' }), spec: { type: 'ExternalName', selector: labels } }
    expect(hasSelector(external)).toBe(false)
    expect(selectPods(snapshotOf([external, pod('a', 'p', labels)]), external)).toEqual([])
  })

  const record = fc.dictionary(fc.constantFrom('app', 'tier', 'env'), fc.constantFrom('x', 'y'))
  const namespace = fc.constantFrom('a', 'b')
  const objects = fc.array(
    fc.oneof(
      fc.tuple(namespace, fc.constantFrom('p1', 'p2', 'p3', 'p4'), record).map((args) => pod(...args)),
      fc.tuple(namespace, fc.constantFrom('s1', 's2', 's3'), record).map((args) => service(...args)),
    ),
    { maxLength: 12 },
  )

  test('the indexes find what a walk finds, whatever snapshot was asked before', () => {
    fc.assert(
      fc.property(fc.array(objects, { minLength: 1, maxLength: 4 }), (states) => {
        for (const state of states) {
          const snapshot = snapshotOf(state)
          const [pods, services] = [list(snapshot, 'Pod'), list(snapshot, 'Service')]
          const isSelected = (s: Service, p: Pod): boolean =>
            hasSelector(s) &&
            s.metadata.namespace === p.metadata.namespace &&
            matchLabels(s.spec.selector ?? {}, p.metadata.labels)
          for (const s of services) expect(selectPods(snapshot, s)).toEqual(pods.filter((p) => isSelected(s, p)))
          for (const p of pods) {
            const found = servicesSelecting(snapshot, p).map(objectKey).sort()
            expect(found).toEqual(services.filter((s) => isSelected(s, p)).map(objectKey))
          }
        }
      }),
    )
  })
})
