import { describe, expect, test } from 'vitest'
import { throughHostPort, type HostPort } from './host-port.ts'
import { parseRequest } from './static.ts'

const PORTS: readonly HostPort[] = [
  {
    protocol: 'TCP',
    address: '127.0.0.1',
    port: 30_080,
    wantedPort: 30_080,
    target: { address: '192.168.1.100', port: 30_080 },
  },
  {
    protocol: 'TCP',
    address: '::1',
    port: 30_080,
    wantedPort: 30_080,
    target: { address: 'fd00:192:168:1::64', port: 30_080 },
  },
  {
    protocol: 'TCP',
    address: '127.0.113.10',
    port: 1024,
    wantedPort: 80,
    target: { address: '203.0.113.10', port: 80 },
  },
  { protocol: 'TCP', address: '127.0.113.11', wantedPort: 80, target: { address: '203.0.113.11', port: 80 } },
  {
    protocol: 'UDP',
    address: '127.0.0.2',
    port: 30_053,
    wantedPort: 30_053,
    target: { address: '192.168.1.101', port: 30_053 },
  },
]

function through(from: string, to: string): readonly [string, readonly string[]] {
  const parsed = parseRequest(from, to)
  if (typeof parsed === 'string') throw new Error(parsed)
  const { request, notes } = throughHostPort(parsed, PORTS)
  return [request.to.kind === 'host' ? `${request.to.host} ${request.to.port}` : request.to.kind, notes]
}

describe('a port of this machine', () => {
  test.each([
    ['http://127.0.0.1:30080/', '192.168.1.100 30080', '127.0.0.1:30080 of this machine leads to 192.168.1.100:30080'],
    ['localhost:30080', '192.168.1.100 30080', 'localhost:30080 of this machine leads to 192.168.1.100:30080'],
    [
      'http://[::1]:30080/',
      'fd00:192:168:1::64 30080',
      '[::1]:30080 of this machine leads to [fd00:192:168:1::64]:30080',
    ],
    ['127.0.113.10:1024', '203.0.113.10 80', '127.0.113.10:1024 of this machine leads to 203.0.113.10:80'],
    ['127.0.0.2:30053/udp', '192.168.1.101 30053', '127.0.0.2:30053 of this machine leads to 192.168.1.101:30053'],
  ])('%s leads inside', (to, inside, note) => {
    expect(through('outside', to)).toEqual([inside, [`${note} of the network`]])
  })

  test.each([
    ['127.0.113.10:80', '127.0.113.10:80 was in use when the network started: it is at 127.0.113.10:1024'],
    ['127.0.113.11:80', '127.0.113.11:80 could not be opened: "portolan ports" says why'],
    ['127.0.0.1:8080', 'the network did not open 127.0.0.1:8080 on this machine: it has 127.0.0.1:30080'],
    ['127.0.0.2:30053', 'the network did not open 127.0.0.2:30053 on this machine: it has no port there'],
  ])('%s does not, and why', (to, note) => {
    expect(through('outside', to)).toEqual([to.replace(':', ' '), [note]])
  })

  test.each([
    ['pod/web', '127.0.0.1:30080', '127.0.0.1 30080'],
    ['outside', '203.0.113.10:80', '203.0.113.10 80'],
    ['outside', 'svc/web:80', 'service'],
  ])('%s to %s is not one', (from, to, inside) => {
    expect(through(from, to)).toEqual([inside, []])
  })
})
