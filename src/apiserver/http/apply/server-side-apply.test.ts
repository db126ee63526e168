import { describe, expect, test } from 'vitest'
import type { Service } from '../../../api/core.ts'
import type { AnyObject } from '../../../api/kinds.ts'
import { Refusal } from '../failures.ts'
import { fieldsIn, pathsOf } from './field-set.ts'
import { managersOf, trackUpdate } from './managed-fields.ts'
import { serverSideApply } from './server-side-apply.ts'

const service = (spec: Service['spec'], labels?: Record<string, string>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', ...(labels && { labels }) },
  spec,
})
const apply = (manager: string, live: AnyObject | undefined, applied: AnyObject, force = false): AnyObject =>
  serverSideApply({ kind: 'Service', applied, live, manager, force, now: 0 })
const specOf = (object: AnyObject): unknown => ('spec' in object ? object.spec : undefined)
const owners = (object: AnyObject): Record<string, readonly string[]> =>
  Object.fromEntries(managersOf(object).map(({ manager, fieldsV1 }) => [manager, pathsOf(fieldsV1)]))

describe('fieldsIn', () => {
  test('lists by their keys, selectors as a whole, nothing that names the object', () => {
    const object = service(
      { selector: { a: '1' }, ports: [{ port: 80, name: 'http' }], externalIPs: ['1.1.1.1'] },
      { l: 'x' },
    )
    expect(pathsOf(fieldsIn('Service', object))).toEqual([
      '.metadata.labels.l',
      '.spec.selector',
      '.spec.ports[port=80,protocol="TCP"].port',
      '.spec.ports[port=80,protocol="TCP"].name',
      '.spec.externalIPs',
    ])
  })
})

describe('serverSideApply', () => {
  test("a new object is all the manager's", () => {
    const object = apply('a', undefined, service({ ports: [{ port: 80 }] }))
    expect(owners(object)).toEqual({ a: ['.spec.ports[port=80,protocol="TCP"].port'] })
  })

  test('two managers with a port each; one gives its own up', () => {
    const first = apply('a', undefined, service({ ports: [{ port: 80 }] }))
    const both = apply('b', first, service({ ports: [{ port: 81 }] }))
    expect(specOf(both)).toEqual({ ports: [{ port: 80 }, { port: 81 }] })
    const left = apply('b', both, service({}))
    expect(specOf(left)).toEqual({ ports: [{ port: 80 }] })
    expect(Object.keys(owners(left))).toEqual(['a'])
  })

  test("another's field with another value is a conflict, with force it is taken", () => {
    const first = apply('a', undefined, service({ type: 'NodePort', externalName: 'x' }))
    const wanted = service({ type: 'ClusterIP' })
    expect(() => apply('b', first, wanted)).toThrow('Apply failed with 1 conflict: conflict with "a": .spec.type')
    const forced = apply('b', first, wanted, true)
    expect(specOf(forced)).toEqual({ type: 'ClusterIP', externalName: 'x' })
    expect(owners(forced)).toEqual({ a: ['.spec.externalName'], b: ['.spec.type'] })
  })

  test('the same value is shared, and stays while one of them wants it', () => {
    const first = apply('a', undefined, service({ type: 'NodePort' }))
    const shared = apply('b', first, service({ type: 'NodePort' }))
    expect(owners(shared)).toEqual({ a: ['.spec.type'], b: ['.spec.type'] })
    expect(specOf(apply('b', shared, service({})))).toEqual({ type: 'NodePort' })
  })

  test('what nobody owns may be set, and what is not applied stays', () => {
    const live = service({ type: 'NodePort', sessionAffinity: 'None' }, { old: 'x' })
    const object = apply('a', live, service({ type: 'ClusterIP' }, { fresh: 'y' }))
    expect(specOf(object)).toEqual({ type: 'ClusterIP', sessionAffinity: 'None' })
    expect(object.metadata.labels).toEqual({ old: 'x', fresh: 'y' })
  })

  test('applied again, nothing changes, not even the time', () => {
    const first = apply('a', undefined, service({ ports: [{ port: 80 }] }))
    const again = serverSideApply({
      kind: 'Service',
      applied: service({ ports: [{ port: 80 }] }),
      live: first,
      manager: 'a',
      force: false,
      now: 1e12,
    })
    expect(again).toEqual(first)
  })
})

describe('trackUpdate', () => {
  test('what an update changes is taken from who applied it', () => {
    const first = apply('a', undefined, service({ type: 'NodePort', externalName: 'x' }, { l: '1' }))
    const changed = { ...first, spec: { type: 'ClusterIP', externalName: 'x' } } as Service
    const tracked = trackUpdate(first, changed, 'kubectl', 0)
    expect(owners(tracked)).toEqual({ a: ['.metadata.labels.l', '.spec.externalName'], kubectl: ['.spec.type'] })
    expect(() => apply('a', tracked, service({ type: 'NodePort' }))).toThrow(Refusal)
  })

  test("what is gone is nobody's", () => {
    const first = trackUpdate(undefined, service({ type: 'NodePort' }, { a: '1', b: '2' }), 'm', 0)
    const { spec } = service({ type: 'NodePort' })
    const changed = { ...first, spec, metadata: { ...first.metadata, labels: { a: '1' } } }
    expect(owners(trackUpdate(first, changed, 'm', 0))).toEqual({ m: ['.metadata.labels.a', '.spec.type'] })
  })

  test('without a change the entry is the same', () => {
    const first = trackUpdate(undefined, service({ type: 'NodePort' }), 'm', 0)
    expect(trackUpdate(first, first, 'm', 1e12)).toEqual(first)
  })
})
