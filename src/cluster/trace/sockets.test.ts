import { expect, test } from 'vitest'
import { parseTable } from './sockets.ts'

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0000000000000000 100 0 0 10 0
   1: 00000000:0050 00000000:0000 0A 00000000:00000002 00:00000000 00000000     0        0 12 1 0000000000000000 100 0 0 10 0
   2: 0200F40A:0050 0101F40A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 13 1 0000000000000000 20 4 30 10 -1
`
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000001000000:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1 0000000000000000 100 0 0 10 0
`
const UDP = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 00000000:14E9 00000000:0000 07 00000000:00000300 00:00000000 00000000     0        0 31 2 0000000000000000 0
`

test.each([
  ['TCP', 'listening ones, with their queues', TCP, ['127.0.0.1:8080 0 11', '0.0.0.0:80 2 12']],
  ['TCP', 'IPv6', TCP6, [':::80 0 21', '::1:8081 0 22']],
  ['UDP', 'bound ones', UDP, ['0.0.0.0:5353 0 31']],
  ['TCP', 'nothing', '', []],
] as const)('%s: %s', (protocol, _, text, expected) => {
  const found = parseTable(text, protocol).map(
    ({ address, port, queue, inode }) => `${address}:${port} ${queue} ${inode}`,
  )
  expect(found).toEqual(expected)
})
