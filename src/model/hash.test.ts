import { describe, expect, test } from 'vitest'
import { canonicalJSON, freeName, generatedName, safeHash } from './hash.ts'

describe('hash', () => {
  test('canonicalJSON does not depend on the order of keys', () => {
    expect(canonicalJSON({ b: [{ d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[{"c":2,"d":1}]}')
  })

  test('safeHash is made of the safe alphabet and spreads', () => {
    const hashes = Array.from({ length: 2000 }, (_, i) => safeHash(`default/web/${i}`, 5))
    expect(hashes.filter((hash) => !/^[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(hash))).toEqual([])
    expect(new Set(hashes).size).toBe(2000)
    expect(safeHash('same', 10)).toBe(safeHash('same', 10))
    expect(safeHash('same', 10)).toHaveLength(10)
  })

  test('generatedName stays a DNS label', () => {
    expect(generatedName('web-', 'abcde')).toBe('web-abcde')
    expect(generatedName(`${'x'.repeat(70)}-`, 'abcde')).toBe(`${'x'.repeat(58)}abcde`)
  })

  test('freeName passes over what is taken', () => {
    const first = freeName('web-', 'seed', () => false)
    const second = freeName('web-', 'seed', (name) => name === first)
    expect(second).not.toBe(first)
    expect(freeName('web-', 'seed', (name) => name === second)).toBe(first)
  })
})
