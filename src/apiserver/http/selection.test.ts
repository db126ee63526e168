import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/core.ts'
import { Refusal } from './failures.ts'
import { selection } from './selection.ts'

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', namespace: 'shop', labels: { app: 'web', tier: 'front', 'a.b/c': 'x' } },
  spec: { containers: [], nodeName: 'node-1' },
  status: { phase: 'Running', podIP: '10.0.0.1' },
}

const chosen = (query: Record<string, string>): boolean => selection('Pod', new URLSearchParams(query), 'shop')(POD)

describe('labelSelector', () => {
  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier=front', true],
    ['app=api', false],
    ['app!=api', true],
    ['absent!=x', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api,db),tier', true],
    ['absent notin (x)', true],
    ['!absent', true],
    ['!app', false],
    ['a.b/c=x', true],
  ])('%s: %s', (labelSelector, expected) => {
    expect(chosen({ labelSelector })).toBe(expected)
  })

  test.each(['a b', '=x', 'app in web', 'app in (a'])('%s cannot be read', (labelSelector) => {
    expect(() => chosen({ labelSelector })).toThrow(Refusal)
  })
})

describe('fieldSelector', () => {
  test.each([
    ['metadata.name=web-1', true],
    ['metadata.namespace=shop', true],
    ['metadata.namespace!=shop', false],
    ['spec.nodeName=node-1,status.phase!=Succeeded,status.phase!=Failed', true],
    ['status.podIP=10.0.0.2', false],
    ['spec.restartPolicy=', true],
  ])('%s: %s', (fieldSelector, expected) => {
    expect(chosen({ fieldSelector })).toBe(expected)
  })

  test.each(['spec.unknown=x', 'spec.type=ClusterIP', 'constructor=x', 'metadata.name', '=x'])(
    '%s is refused',
    (fieldSelector) => {
      expect(() => chosen({ fieldSelector })).toThrow(Refusal)
    },
  )
})

test('another namespace and another name are not chosen', () => {
  const none = new URLSearchParams()
  expect(selection('Pod', none, 'other')(POD)).toBe(false)
  expect(selection('Pod', none, 'shop', 'web-2')(POD)).toBe(false)
  expect(selection('Pod', none, undefined, 'web-1')(POD)).toBe(true)
})
