import { describe, expect, test } from 'vitest'
import type { EndpointPort, EndpointSlice } from '../../api/discovery.ts'
import { packSlices, type SliceGroup } from './pack-slices.ts'

const http: readonly EndpointPort[] = [{ name: 'http', protocol: 'TCP', port: 80 }]
const other: readonly EndpointPort[] = [{ name: 'http', protocol: 'TCP', port: 81 }]

/** `abc`: endpoints a, b and c. */
const endpointsOf = (letters: string): SliceGroup['endpoints'] =>
  letters.split('').map((name) => ({ addresses: [name] }))

function slice(name: string, letters: string, ports = http): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name },
    addressType: 'IPv4',
    endpoints: endpointsOf(letters),
    ports,
  }
}

const group = (letters: string, ports = http): SliceGroup => ({
  addressType: 'IPv4',
  ports,
  endpoints: endpointsOf(letters),
})

/** What there is, what is wanted (at most three endpoints a slice), what comes of it, what is left over. */
const ROWS: readonly [string, EndpointSlice[], SliceGroup[], string[], string[]][] = [
  ['the first slice', [], [group('ab')], ['new:ab'], []],
  ['more than one slice holds', [], [group('abcdefg')], ['new:abc', 'new:def', 'new:g'], []],
  ['nothing to do', [slice('1', 'ab')], [group('ba')], ['1:ab'], []],
  ['one more', [slice('1', 'ab')], [group('abc')], ['1:abc'], []],
  ['one less', [slice('1', 'abc')], [group('ac')], ['1:ac'], []],
  [
    'one leaves, one comes: the slice that changes',
    [slice('1', 'ab'), slice('2', 'cd')],
    [group('abce')],
    ['1:ab', '2:ce'],
    [],
  ],
  ['the one that it fits best', [slice('1', 'a'), slice('2', 'bc')], [group('abcd')], ['1:a', '2:bcd'], []],
  [
    'what fits no slice opens a new one',
    [slice('1', 'ab'), slice('2', 'cd')],
    [group('abcdef')],
    ['1:ab', '2:cd', 'new:ef'],
    [],
  ],
  ['no rebalancing', [slice('1', 'a'), slice('2', 'b')], [group('ab')], ['1:a', '2:b'], []],
  ['an empty slice goes', [slice('1', 'a'), slice('2', 'b')], [group('a')], ['1:a'], ['2']],
  ['the last one stays, empty', [slice('1', 'a')], [group('')], ['1:'], []],
  ['two lists of ports', [slice('1', 'ab')], [group('a'), group('b', other)], ['1:a', 'new:b'], []],
  ['other ports: the slice is used again', [slice('1', 'ab')], [group('ab', other)], ['1:ab'], []],
]

describe('packSlices', () => {
  test.each(ROWS)('%s', (_name, existing, groups, wanted, unused) => {
    const packing = packSlices(existing, groups, 3)
    const show = packing.slices.map(
      ({ previous, endpoints }) =>
        `${previous?.metadata.name ?? 'new'}:${endpoints.map(({ addresses }) => addresses[0]).join('')}`,
    )
    expect(show).toEqual(wanted)
    expect(packing.unused.map(({ metadata }) => metadata.name)).toEqual(unused)
  })

  test('another family needs another slice', () => {
    const packing = packSlices([slice('1', 'a')], [{ ...group('b'), addressType: 'IPv6' }], 3)
    expect(packing.slices.map(({ previous }) => previous)).toEqual([undefined])
    expect(packing.unused).toHaveLength(1)
  })
})
