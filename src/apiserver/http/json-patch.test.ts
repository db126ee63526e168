import { describe, expect, test } from 'vitest'
import { Refusal } from './failures.ts'
import { applyJSONPatch } from './json-patch.ts'

const DOCUMENT = { a: { b: 1 }, list: ['x', 'y'], 'with/slash': 1, 'with~tilde': 2 }

describe('applyJSONPatch', () => {
  test.each<readonly [object[], object]>([
    [[{ op: 'add', path: '/a/c', value: 2 }], { ...DOCUMENT, a: { b: 1, c: 2 } }],
    [[{ op: 'add', path: '/list/1', value: 'z' }], { ...DOCUMENT, list: ['x', 'z', 'y'] }],
    [[{ op: 'add', path: '/list/-', value: 'z' }], { ...DOCUMENT, list: ['x', 'y', 'z'] }],
    [[{ op: 'remove', path: '/list/0' }], { ...DOCUMENT, list: ['y'] }],
    [[{ op: 'replace', path: '/a/b', value: null }], { ...DOCUMENT, a: { b: null } }],
    [[{ op: 'move', from: '/a/b', path: '/moved' }], { ...DOCUMENT, a: {}, moved: 1 }],
    [[{ op: 'copy', from: '/list', path: '/copy' }], { ...DOCUMENT, copy: ['x', 'y'] }],
    [[{ op: 'test', path: '/list', value: ['x', 'y'] }], DOCUMENT],
    [[{ op: 'replace', path: '/with~1slash', value: 3 }], { ...DOCUMENT, 'with/slash': 3 }],
    [[{ op: 'replace', path: '/with~0tilde', value: 3 }], { ...DOCUMENT, 'with~tilde': 3 }],
    [[{ op: 'replace', path: '', value: { new: true } }], { new: true }],
    [[], DOCUMENT],
  ])('%j', (patch, expected) => {
    const before = structuredClone(DOCUMENT)
    expect(applyJSONPatch(DOCUMENT, patch)).toEqual(expected)
    expect(DOCUMENT).toEqual(before)
  })

  test.each([
    [{ op: 'remove', path: '/absent' }],
    [{ op: 'replace', path: '/absent', value: 1 }],
    [{ op: 'add', path: '/absent/deep', value: 1 }],
    [{ op: 'add', path: '/list/01', value: 1 }],
    [{ op: 'add', path: '/list/3', value: 1 }],
    [{ op: 'remove', path: '/list/-' }],
    [{ op: 'test', path: '/a/b', value: 2 }],
    [{ op: 'add', path: 'a', value: 1 }],
    [{ op: 'turn', path: '/a' }],
    [{ op: 'move', from: '/absent', path: '/a' }],
    [{ op: 'replace', path: '/a/constructor', value: 1 }],
  ])('refuses %j', (operation) => {
    expect(() => applyJSONPatch(DOCUMENT, [operation])).toThrow(Refusal)
  })

  test('a field called __proto__ is a field', () => {
    const result = applyJSONPatch({}, [{ op: 'add', path: '/__proto__', value: { p: 1 } }]) as object
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
    expect(Object.keys(result)).toEqual(['__proto__'])
  })
})
