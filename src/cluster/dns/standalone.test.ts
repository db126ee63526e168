import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { formatIP } from '../../lib/ip.ts'
import { reachedAt } from './standalone.ts'

const RANGE = { netmask: '', mac: '', internal: false, cidr: null }
const v6 = (address: string, scopeid: number): NetworkInterfaceInfo => ({ ...RANGE, family: 'IPv6', address, scopeid })
const MACHINE = {
  lo: [{ ...RANGE, family: 'IPv4' as const, address: '127.0.0.1' }, v6('::1', 0)],
  eth0: [{ ...RANGE, family: 'IPv4' as const, address: '192.0.2.2' }, v6('fd00::2', 0), v6('fe80::2', 7)],
}

test.each([
  ['0.0.0.0', ['127.0.0.1', '192.0.2.2']],
  ['::', ['127.0.0.1', '::1', '192.0.2.2', 'fd00::2']],
  ['192.0.2.3', ['192.0.2.3']],
  ['fe80::2%eth0', ['fe80::2']],
])('where a server is reached that listens on %s', (address, reached) => {
  expect(reachedAt(address, MACHINE).map(formatIP)).toEqual(reached)
})
