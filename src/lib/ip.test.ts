import { describe, expect, test } from 'vitest'
import { cidrAddress, cidrContains, cidrSize, formatCIDR, formatIP, parseCIDR, parseIP } from './ip.ts'

const roundTrip = (text: string): string | undefined => {
  const ip = parseIP(text)
  return ip && formatIP(ip)
}

describe('IP', () => {
  test.each([
    ['10.96.0.10', '10.96.0.10'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['fd00::', 'fd00::'],
    ['fd00:10:96::0:50', 'fd00:10:96::50'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['FE80::1.2.3.4', 'fe80::102:304'],
  ])('%s is %s', (text, canonical) => {
    expect(roundTrip(text)).toBe(canonical)
  })

  test.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '::ffff:1.2.3.4',
    'g::',
    '1:2:3:4:5:6:7:8:9',
  ])('%j is not an address', (text) => {
    expect(parseIP(text)).toBeUndefined()
  })

  test('a CIDR has a base, a size and members', () => {
    const cidr = parseCIDR('10.96.0.5/12')
    if (cidr === undefined) throw new Error('10.96.0.5/12 should parse')
    expect(formatCIDR(cidr)).toBe('10.96.0.0/12')
    expect(cidrSize(cidr)).toBe(1n << 20n)
    expect(formatIP(cidrAddress(cidr, 53))).toBe('10.96.0.53')
    const inside = parseIP('10.111.255.255')
    const outside = parseIP('10.112.0.0')
    if (inside === undefined || outside === undefined) throw new Error('both should parse')
    expect([cidrContains(cidr, inside), cidrContains(cidr, outside)]).toEqual([true, false])
    expect(['10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', 'x/8', '10.0.0.0/8/8'].map(parseCIDR)).toEqual(
      Array(5).fill(undefined),
    )
  })
})
