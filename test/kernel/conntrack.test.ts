/** Connection tracking of a namespace, as the search for stale UDP flows uses it. */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { openConntrack, UDP } from '../../src/host/conntrack.ts'
import { libc } from '../../src/host/libc.ts'
import { createNamespace, inNamespace } from '../../src/host/namespaces.ts'
import { encodeSocketAddress } from '../../src/host/relay-socket.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'

const reason = needsRoot() ?? missing()
const DGRAM = 2
const RULES = `table inet watch { chain c { type filter hook output priority 0; ct state new accept; }\n}`

describe.skipIf(reason !== undefined)(`conntrack${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const namespace = reason === undefined ? createNamespace() : undefined
  const sockets: number[] = []
  afterAll(() => {
    for (const fd of sockets) libc().close(fd)
    namespace?.close()
  })

  function send(from: string, to: string, port: number): void {
    const { socket, bind, sendto } = libc()
    const [own, target] = [
      encodeSocketAddress({ address: from, port: 4000 }),
      encodeSocketAddress({ address: to, port }),
    ]
    const fd = inNamespace(namespace, () => socket(own[0] ?? 0, DGRAM, 0))
    sockets.push(fd)
    expect(bind(fd, own, own.length)).toBe(0)
    expect(sendto(fd, Buffer.from('?'), 1, 0, target, target.length)).toBe(1)
  }

  test('flows of both families are listed, and one alone is ended', () => {
    const run = (command: string, args: readonly string[], input = ''): void =>
      expect(inNamespace(namespace, () => spawnSync(command, args, { input, encoding: 'utf8' })).stderr).toBe('')
    run('ip', ['link', 'set', 'lo', 'up'])
    run('nft', ['-f', '-'], RULES)
    send('127.0.0.1', '127.0.0.2', 53)
    send('::1', '::1', 5353)
    const conntrack = openConntrack(namespace)
    const six = {
      protocol: UDP,
      original: { source: '::1', sourcePort: 4000, destination: '::1', destinationPort: 5353 },
      reply: { source: '::1', sourcePort: 5353, destination: '::1', destinationPort: 4000 },
    }
    const four = {
      protocol: UDP,
      original: { source: '127.0.0.1', sourcePort: 4000, destination: '127.0.0.2', destinationPort: 53 },
      reply: { source: '127.0.0.2', sourcePort: 53, destination: '127.0.0.1', destinationPort: 4000 },
    }
    const flows = conntrack.list(UDP)
    expect(flows).toHaveLength(2)
    expect(flows).toEqual(expect.arrayContaining([expect.objectContaining(six), expect.objectContaining(four)]))
    const ended = flows.filter(({ original }) => original.source === '::1')
    conntrack.delete(ended)
    expect(conntrack.list(UDP)).toEqual([expect.objectContaining(four)])
    // Gone already: no error.
    conntrack.delete(ended)
    conntrack.close()
  })
})
