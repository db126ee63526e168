/** Messages as Linux 6.18 sent them, of a table `inet wall` whose chain `out` (policy drop) jumps to `sub`. */
import { describe, expect, test } from 'vitest'
import { readTraceEvent } from './trace-event.ts'

const SYN =
  '98000000110a000000000000000000000100000008000f00000000020800040000000003080006005bf4260a080002006f7574000900010077616c6c000000000c00030000000000000000030c00050008000100ffffffff08000c000000000106000d0003040000180008004500003c09684000400633527f0000017f000001180009008376006306fcf49900000000a002ffd7fe300000'
const GOTO =
  '60000000110a000000000000000000000100000008000f00000000020800040000000003080006005bf4260a080002006f7574000900010077616c6c000000000c00030000000000000000041400050008000100fffffffc0800020073756200'
const DROP =
  '58000000110a000000000000000000000100000008000f00000000020800040000000003080006005bf4260a08000200737562000900010077616c6c000000000c00030000000000000000050c0005000800010000000000'
const DATAGRAM =
  'a8000000110a000000000000000000000100000008000f000000000a0800040000000003080006008b88a5ca080002006f7574000900010077616c6c000000000c00030000000000000000030c00050008000100ffffffff08000c000000000106000d00030400002c000800600af4f9000e1140000000000000000000000000000000010000000000000000000000000000000112000900b4570035000e002168656c6c6f0a0000'
const END =
  '4c000000110a000000000000000000000100000008000f000000000a0800040000000003080006008b88a5ca080002006f7574000900010077616c6c000000000c00050008000100ffffffff'
const POLICY =
  '48000000110a000000000000000000000100000008000f000000000a0800040000000001080006008b88a5ca080002006f7574000900010077616c6c000000000800100000000000'

const read = (hex: string): ReturnType<typeof readTraceEvent> =>
  readTraceEvent(new DataView(Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16)).buffer))

describe('trace events', () => {
  test('a rule with the headers of a TCP packet', () => {
    expect(read(SYN)).toEqual({
      id: 0x5bf4260a,
      table: 'inet wall',
      chain: 'out',
      kind: 'rule',
      handle: 3,
      verdict: 'continue',
      packet: {
        protocol: 'tcp',
        source: '127.0.0.1',
        sourcePort: 33654,
        destination: '127.0.0.1',
        destinationPort: 99,
        hopLimit: 64,
        flags: 'SYN',
        identity: '6 2408 06fcf49900000000a002',
      },
    })
  })

  test('the headers of a datagram of IPv6', () => {
    expect(read(DATAGRAM)?.packet).toEqual({
      protocol: 'udp',
      source: '::1',
      sourcePort: 46167,
      destination: '::1',
      destinationPort: 53,
      hopLimit: 64,
      flags: '',
      identity: '17 718073 68656c6c6f0a',
    })
  })

  test.each([
    ['goto', GOTO, { handle: 4, kind: 'rule', verdict: 'goto sub' }],
    ['drop', DROP, { handle: 5, kind: 'rule', verdict: 'drop', chain: 'sub' }],
    ['the end of a chain', END, { kind: 'rule', verdict: 'continue' }],
    ['a policy', POLICY, { kind: 'policy', verdict: 'drop' }],
  ])('%s', (_, hex, expected) => expect(read(hex)).toMatchObject(expected))

  test('another message, and one that is cut off, are none', () => {
    expect(read(SYN.replace('110a', '000a'))).toBeUndefined()
    expect(read(SYN.slice(0, 30))).toBeUndefined()
  })
})
