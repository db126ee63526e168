/** The table that has packets traced, and what the kernel tells then, in a namespace of its own. */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { tracePackets } from '../../src/cluster/trace/packets.ts'
import { libc } from '../../src/host/libc.ts'
import { createNamespace, inNamespace } from '../../src/host/namespaces.ts'
import { encodeSocketAddress } from '../../src/host/relay-socket.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'

const reason = needsRoot() ?? missing()
const DGRAM = 2
const WALL = `table inet wall { chain out { type filter hook output priority -300; udp dport 99 drop comment "no"; }\n}`

describe.skipIf(reason !== undefined)(`traced packets${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const namespace = reason === undefined ? createNamespace() : undefined
  const places = new Map([['here', namespace]])
  afterAll(() => namespace?.close())

  function run(command: string, args: readonly string[], input = ''): string {
    const { stdout, stderr } = inNamespace(namespace, () => spawnSync(command, args, { input, encoding: 'utf8' }))
    expect(stderr).toBe('')
    return stdout
  }

  /** What the kernel refuses to send is traced too. */
  function send(address: string, port: number): void {
    const { socket, sendto, close } = libc()
    const target = encodeSocketAddress({ address, port })
    const fd = inNamespace(namespace, () => socket(target[0] ?? 0, DGRAM, 0))
    sendto(fd, Buffer.from('?'), 1, 0, target, target.length)
    close(fd)
  }

  const udp = (address: string, port: number) => ({ protocol: 'UDP' as const, address, port })
  const listing = (): string => run('nft', ['list', 'ruleset'])

  test.each(['127.0.0.1', '::1'])('to %s: the rule that drops is told, and other packets are not', (address) => {
    run('ip', ['link', 'set', 'lo', 'up'])
    run('nft', ['-f', '-'], WALL)
    const tracer = tracePackets(places, [udp(address, 99)])
    expect(listing()).toMatch(/@targets meta nftrace set 1/)
    send(address, 98)
    send(address, 99)
    const { told, lost } = tracer.stop()
    run('nft', ['delete', 'table', 'inet', 'wall'])
    expect(lost).toBe(false)
    const ports = told.flatMap(({ event }) => event.packet?.destinationPort ?? [])
    expect(new Set(ports)).toEqual(new Set([99]))
    expect(told.at(-1)).toMatchObject({ place: 'here', event: { table: 'inet wall', chain: 'out', verdict: 'drop' } })
    expect(listing()).toBe('')
  })

  test('of two at once, each has its packets until it ends; the table goes with the last', () => {
    const first = tracePackets(places, [udp('127.0.0.1', 1)])
    const second = tracePackets(places, [udp('127.0.0.1', 2)])
    send('127.0.0.1', 1)
    expect(second.stop().told.length).toBeGreaterThan(0)
    expect(listing()).toMatch(/127\.0\.0\.1 \. udp \. 1 /)
    expect(listing()).not.toMatch(/127\.0\.0\.1 \. udp \. 2 /)
    send('127.0.0.1', 1)
    const identities = first.stop().told.flatMap(({ event }) => event.packet?.identity ?? [])
    expect(new Set(identities).size).toBe(2)
    expect(listing()).toBe('')
  })

  test('more than the queue holds is said to be lost', () => {
    const tracer = tracePackets(places, [udp('127.0.0.1', 3)])
    for (let i = 0; i < 10_000; i++) send('127.0.0.1', 3)
    expect(tracer.stop().lost).toBe(true)
  })
})
