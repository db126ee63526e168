import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatIP, parseCIDR, parseIP, type CIDR, type IP } from '../lib/ip.ts'
import { allocateIP, allocateNextIP, createIPAllocator, holdIP, releaseIP, type IPAllocator } from './ip-allocator.ts'

const range = (text: string): CIDR => parseCIDR(text) as CIDR
const ip = (text: string): IP => parseIP(text) as IP

/** The addresses that services s0, s1 ... get, and the allocator after them. */
function fill(start: IPAllocator, count: number): { addresses: string[]; allocator: IPAllocator } {
  let allocator = start
  const addresses: string[] = []
  for (let i = 0; i < count; i++) {
    const next = allocateNextIP(allocator, `default/s${i}`)
    if (next === undefined) break
    allocator = next.allocator
    addresses.push(formatIP(next.address))
  }
  return { addresses, allocator }
}

describe('explicit addresses', () => {
  const start = createIPAllocator(range('10.96.0.0/24'))
  const taken = allocateIP(start, ip('10.96.0.10'), 'default/a') as IPAllocator
  test.each([
    ['10.96.0.1', 'given'],
    ['10.96.0.254', 'given'],
    ['10.96.0.0', 'outside'],
    ['10.96.0.255', 'outside'],
    ['10.96.1.1', 'outside'],
    ['fd00::1', 'outside'],
    ['10.96.0.10', 'taken'],
  ])('%s is %s', (address, outcome) => {
    const result = allocateIP(taken, ip(address), 'default/b')
    expect('refused' in result ? result.refused : 'given').toBe(outcome)
  })

  test('a refusal names the owner', () => {
    expect(allocateIP(taken, ip('10.96.0.10'), 'default/b')).toEqual({ refused: 'taken', owner: 'default/a' })
  })

  test('only the owner can give an address back', () => {
    expect(releaseIP(taken, ip('10.96.0.10'), 'default/b')).toBe(taken)
    expect(releaseIP(taken, ip('10.96.0.10'), 'default/a').owners.size).toBe(0)
  })
})

describe('the next address', () => {
  test('a /24 gives 254 addresses, .1 to .16 last', () => {
    const { addresses } = fill(createIPAllocator(range('10.96.0.0/24')), 300)
    expect(new Set(addresses).size).toBe(254)
    const last = addresses.slice(-16).map((address) => Number(address.split('.')[3]))
    expect(last.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
  })

  test.each([
    ['10.96.0.0/30', 2],
    ['10.96.0.0/31', 0],
    ['10.96.0.0/32', 0],
    ['fd00::/126', 3],
    ['fd00::/128', 0],
  ])('%s gives %i addresses', (text, count) => {
    expect(fill(createIPAllocator(range(text)), 10).addresses).toHaveLength(count)
  })

  test('depends on the owner alone while there is room', () => {
    const wide = createIPAllocator(range('10.96.0.0/12'))
    const first = allocateNextIP(wide, 'default/web')
    const others = fill(wide, 50).allocator
    const later = allocateNextIP(others, 'default/web')
    expect(later?.address).toEqual(first?.address)
  })

  test('is never one that is taken, whatever was given and released before', () => {
    const steps = fc.array(fc.record({ owner: fc.nat(20), release: fc.boolean() }), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (list) => {
        let allocator = createIPAllocator(range('10.96.0.0/27'))
        const held = new Map<string, string>()
        for (const { owner, release } of list) {
          const name = `default/s${owner}`
          const mine = [...held].find(([, holder]) => holder === name)?.[0]
          if (release && mine !== undefined) {
            allocator = releaseIP(allocator, ip(mine), name)
            held.delete(mine)
          } else {
            const next = allocateNextIP(allocator, name)
            if (next === undefined) expect(held.size).toBe(30)
            else {
              expect(held.has(formatIP(next.address))).toBe(false)
              held.set(formatIP(next.address), name)
              allocator = next.allocator
            }
          }
        }
        expect(Object.fromEntries(allocator.owners)).toEqual(Object.fromEntries(held))
      }),
    )
  })
})

describe('several ranges', () => {
  const both = createIPAllocator(range('10.96.0.0/29'), range('10.200.0.0/29'))

  test('the second is for when the first is full', () => {
    const { addresses } = fill(both, 20)
    expect(addresses.map((address) => address.replace(/\d+$/, ''))).toEqual([
      ...Array.from({ length: 6 }, () => '10.96.0.'),
      ...Array.from({ length: 6 }, () => '10.200.0.'),
    ])
    expect(new Set(addresses).size).toBe(12)
  })

  test.each([
    ['10.96.0.2', 'given'],
    ['10.200.0.2', 'given'],
    ['10.200.0.0', 'outside'],
    ['10.201.0.2', 'outside'],
  ])('%s is %s', (address, outcome) => {
    const result = allocateIP(both, ip(address), 'default/b')
    expect('refused' in result ? result.refused : 'given').toBe(outcome)
  })

  test('where they overlap an address is taken once', () => {
    const nested = createIPAllocator(range('10.96.0.0/29'), range('10.96.0.0/28'))
    const { addresses } = fill(nested, 20)
    expect([addresses.length, new Set(addresses).size]).toEqual([14, 14])
  })

  test('what is held in no range of these is taken in one that comes later', () => {
    const held = holdIP(createIPAllocator(range('10.96.0.0/29')), ip('10.200.0.2'), 'default/a')
    const later = { ...held, ranges: both.ranges }
    expect(allocateIP(later, ip('10.200.0.2'), 'default/b')).toEqual({ refused: 'taken', owner: 'default/a' })
    expect(holdIP(held, ip('10.200.0.2'), 'default/b')).toBe(held)
  })
})
