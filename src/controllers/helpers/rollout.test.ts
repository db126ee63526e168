import { describe, expect, test } from 'vitest'
import type { Deployment } from '../../api/apps.ts'
import { planRollout, rolloutOf, type Plan, type ReplicaCount, type Rollout } from './rollout.ts'

/** `3/2`: three replicas asked for, two available, and as many Pods as replicas; `3/2 of 4+1`: scaled for 4, and 5 at most. */
function count(text: string): ReplicaCount {
  const [, replicas, available, desired, surge] = /^(\d+)\/(\d+)(?: of (\d+)\+(\d+))?$/.exec(text) ?? []
  const counted = { replicas: Number(replicas), available: Number(available) }
  const all = { ...counted, active: counted.replicas, pods: counted.replicas }
  if (desired === undefined) return all
  return { ...all, scaledFor: { desired: Number(desired), maximum: Number(desired) + Number(surge) } }
}

const three: Rollout = { desired: 3, maxSurge: 1, maxUnavailable: 0, isRecreate: false, isPaused: false }

describe('RollingUpdate', () => {
  test.each<[string, Rollout, string | undefined, string[], number, number[]]>([
    ['first', three, undefined, [], 3, []],
    ['a new template: one above', three, undefined, ['3/3'], 1, [3]],
    ['wait until it is available', three, '1/0', ['3/3'], 1, [3]],
    ['then one down', three, '1/1', ['3/3'], 1, [2]],
    ['then one up', three, '1/1', ['2/2'], 2, [2]],
    ['the last step', three, '3/3', ['1/1'], 3, [0]],
    ['at rest', three, '3/3', ['0/0'], 3, [0]],
    ['a status that lags does not count twice', three, '2/1', ['2/2'], 2, [2]],
    ['replicas that serve nobody go first', three, '1/1', ['2/1', '1/1'], 1, [1, 1]],
    ['scale down', { ...three, desired: 1 }, '3/3', [], 1, []],
    ['scale up at once', { ...three, desired: 9 }, '3/3', [], 9, []],
    ['to nothing', { ...three, desired: 0 }, '0/0', ['2/2'], 0, [0]],
    ['no surge: down first', { ...three, maxSurge: 0, maxUnavailable: 1 }, undefined, ['3/3'], 0, [2]],
    ['no surge: then up', { ...three, maxSurge: 0, maxUnavailable: 1 }, '0/0', ['2/2'], 1, [2]],
  ])('%s', (_name, rollout, current, old, wanted, wantedOld) => {
    const plan = planRollout(rollout, current === undefined ? undefined : count(current), old.map(count))
    expect(plan).toEqual({ current: wanted, old: wantedOld })
  })
})

test('no Pod more while those of the old template are still to go', () => {
  const scaled = { replicas: 1, available: 1, active: 2, pods: 2 }
  expect(planRollout({ ...three, desired: 2 }, count('1/1'), [scaled])).toEqual({ current: 1, old: [1] })
})

describe('scaled in the middle of a roll-out', () => {
  // The worked example of Kubernetes' documentation: ten replicas, maxSurge 3, scaled to fifteen.
  test.each<[string, number, number, string | undefined, string[], number | undefined, number[]]>([
    ['up: to each its share', 15, 3, '5/0 of 10+3', ['8/8 of 10+3'], 7, [11]],
    ['down: from each its share', 5, 3, '5/0 of 10+3', ['8/8 of 10+3'], 3, [5]],
    ['to nothing', 0, 3, '5/0 of 10+3', ['8/8 of 10+3'], 0, [0]],
    ['of equal ones the younger gets the rest', 3, 1, '1/1 of 1+1', ['1/1 of 1+1'], 2, [2]],
    ['the new one is complete: the old ones go', 2, 1, '2/2 of 1+1', ['1/1 of 1+1'], 2, [0]],
    ['one template alone gets all', 9, 3, '3/3 of 3+1', ['0/0 of 3+1'], 9, [0]],
    ['before the new one is made', 9, 3, undefined, ['3/3 of 3+1'], undefined, [9]],
  ])('%s', (_, desired, maxSurge, current, old, wanted, wantedOld) => {
    const rollout = { ...three, desired, maxSurge }
    const plan = planRollout(rollout, current === undefined ? undefined : count(current), old.map(count))
    expect(plan).toEqual({ current: wanted, old: wantedOld, isScaling: true })
  })

  test('who was told goes on with the roll-out', () => {
    const rollout = { ...three, desired: 15, maxSurge: 3 }
    expect(planRollout(rollout, count('7/7 of 15+3'), [count('11/11 of 15+3')])).toEqual({ current: 7, old: [8] })
  })
})

describe('paused', () => {
  const paused = { ...three, isPaused: true }
  test.each<[string, string | undefined, string[], Plan]>([
    ['a new template waits', undefined, ['2/2'], { current: undefined, old: [2] }],
    ['half way', '1/1', ['2/2'], { current: 1, old: [2] }],
    ['one template still scales', '2/2 of 2+1', ['0/0'], { current: 3, old: [0], isScaling: true }],
    ['an old one too', undefined, ['2/2 of 2+1'], { current: undefined, old: [3], isScaling: true }],
  ])('%s', (_name, current, old, wanted) => {
    const plan = planRollout(paused, current === undefined ? undefined : count(current), old.map(count))
    expect(plan).toEqual(wanted)
  })
})

describe('Recreate', () => {
  const recreate = { ...three, isRecreate: true }
  test.each<[string, ReplicaCount | undefined, ReplicaCount[], Plan]>([
    ['down first', undefined, [count('3/3')], { current: undefined, old: [0] }],
    [
      'until the last Pod is gone',
      undefined,
      [{ replicas: 0, available: 0, active: 0, pods: 1 }],
      { current: undefined, old: [0] },
    ],
    ['then up', undefined, [count('0/0')], { current: 3, old: [0] }],
  ])('%s', (_name, current, old, wanted) => {
    expect(planRollout(recreate, current, old)).toEqual(wanted)
  })
})

test.each<[object, Partial<Rollout>]>([
  [{}, { desired: 1, maxSurge: 1, maxUnavailable: 0, isRecreate: false }],
  [{ replicas: 10 }, { desired: 10, maxSurge: 3, maxUnavailable: 2 }],
  [
    { replicas: 3, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '10%' } } },
    { maxSurge: 0, maxUnavailable: 1 },
  ],
  [{ replicas: 2, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 5 } } }, { maxUnavailable: 2 }],
  [{ strategy: { type: 'Recreate' } }, { isRecreate: true }],
  [{ paused: true }, { isPaused: true }],
])('strategy of %j', (spec, wanted) => {
  const deployment: Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { selector: {}, template: { spec: { containers: [] } }, ...spec },
  }
  expect(rolloutOf(deployment)).toMatchObject(wanted)
})
