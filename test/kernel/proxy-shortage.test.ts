/** Queues of the kernel that overflow: what was lost is asked for. */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { createConnectionLoads } from '../../src/cluster/proxy/connection-loads.ts'
import { keepTable, type Services } from '../../src/cluster/proxy/table-keeper.ts'
import { openConntrack, type Flow } from '../../src/host/conntrack.ts'
import { libc } from '../../src/host/libc.ts'
import { inNamespace } from '../../src/host/namespaces.ts'
import { GROUP, openEvents } from '../../src/host/netlink-events.ts'
import { openNetlink } from '../../src/host/netlink.ts'
import { encodeSocketAddress } from '../../src/host/relay-socket.ts'
import { createRuleWatcher } from '../../src/host/rule-watch.ts'
import { watchFlows } from '../../src/host/conntrack-events.ts'
import { GENERATION_REQUEST, readGeneration } from '../../src/nft/read-back.ts'
import { GET, nftRequest } from '../../src/nft/request.ts'
import { nftablesBackend, type NodeProgram } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, service, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { needsRoot } from './kubelet-spec.ts'
import { missing } from './nft-namespace.ts'
import { rulePlaces, type RulePlace } from './rule-place.ts'

const reason = needsRoot() ?? missing()
const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

describe.skipIf(reason !== undefined)(`shortages${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const place = rulePlaces()

  test('a list that breaks off in its middle is not taken for the next answer', () => {
    const { namespace, nft, generation } = place()
    nft(
      `table ip many { ${numbers(2000)
        .map((i) => `chain c${i} { }`)
        .join('; ')}; }`,
    )
    const socket = openNetlink('netfilter', namespace)
    const breakOff = (): never => {
      throw new Error('enough')
    }
    expect(() => socket.dump(nftRequest(GET.chain, 'ip', [], 'list'), breakOff)).toThrow('enough')
    expect(readGeneration(socket.ask(GENERATION_REQUEST))).toBe(generation())
    socket.close()
  })

  test('answers that a small buffer does not hold: flows count as not deleted', () => {
    const { namespace } = place()
    const conntrack = openConntrack(namespace, 1)
    const flows = numbers(100).map((i): Flow => {
      const [client, server] = ['10.0.0.1', '10.0.0.2']
      const original = { source: client, sourcePort: 1000 + i, destination: server, destinationPort: 53 }
      const reply = { source: server, sourcePort: 53, destination: client, destinationPort: 1000 + i }
      return { protocol: 17, hasEnded: false, original, reply }
    })
    expect(() => conntrack.delete(flows)).toThrow('conntrack -D: ENOBUFS')
    conntrack.delete(flows.slice(0, 1))
    conntrack.close()
  })

  /** As small as the kernel allows: some messages. */
  const SMALL = 1

  /** Whether a socket beside the one that is tested has lost events, as that one must have. */
  function lossOf({ namespace }: RulePlace, group: (typeof GROUP)[keyof typeof GROUP]): () => boolean {
    let isLost = false
    const handler = { each: () => undefined, afterwards: (lost: boolean) => void (isLost ||= lost) }
    const events = openEvents(namespace, handler, 'netfilter', SMALL)
    events.join(group)
    closed.push(events)
    return () => isLost
  }
  const closed: { close(): void }[] = []
  afterAll(() => closed.forEach((one) => one.close()))

  test('more changes of rules than the queue holds: the table is looked at, and mended', async () => {
    const here = place()
    const said: string[] = []
    const keeper = keepTable<NodeProgram>({
      where: 'node-1',
      namespace: here.namespace,
      watcher: createRuleWatcher(SMALL),
      compile: (services: Services, previous) => nftablesBackend.compile(services, node, previous),
      onError: (error) => said.push(String(error)),
    })
    keeper.sync(servicesOf([service({ name: 'web', endpoints: ['A:8080', 'C:8080'] })]))
    const isLost = lossOf(here, GROUP.rules)
    const others = numbers(500).map((i) => `add chain ip other c${i}`)
    here.nft(['add table ip other', ...others, 'flush chain ip portolan services'].join('\n'))
    await expect.poll(() => said).toHaveLength(1)
    expect(said).toEqual(['Error: node-1: the table was changed by somebody else, and is as it was again'])
    expect(here.nft('list chain ip portolan services')).toContain('@service-ips')
    expect(isLost()).toBe(true)
  })

  /** Datagrams to a port of this namespace, each of a flow of its own. */
  function sendFlows({ namespace }: RulePlace, count: number, port: number): void {
    const { socket, bind, sendto, close } = libc()
    inNamespace(namespace, () => {
      const target = encodeSocketAddress({ address: '127.0.0.1', port })
      for (const i of numbers(count)) {
        const own = encodeSocketAddress({ address: '127.0.0.1', port: 2000 + i })
        const fd = socket(own[0] ?? 0, 2, 0)
        expect(bind(fd, own, own.length)).toBe(0)
        sendto(fd, Buffer.from('?'), 1, 0, target, target.length)
        close(fd)
      }
    })
  }

  test('more connections than the queue holds: all of them are counted again', async () => {
    const here = place()
    inNamespace(here.namespace, () => spawnSync('ip', ['link', 'set', 'lo', 'up']))
    here.nft('table inet watch { chain c { type filter hook output priority 0; ct state new accept; }; }')
    const udp = service({ name: 'u', protocol: 'UDP', algorithm: 'least-connections', endpoints: ['A:9', 'C:9'] })
    const endpoints = udp.endpoints.map((endpoint, i) => (i === 0 ? { ...endpoint, ip: '127.0.0.1' } : endpoint))
    const services = servicesOf([{ ...udp, endpoints }])
    const said: unknown[] = []
    const loads = createConnectionLoads(
      here.namespace,
      () => undefined,
      (error) => said.push(error),
      {
        watch: (namespace, each, afterwards) => watchFlows(namespace, each, afterwards, SMALL),
        open: openConntrack,
        recount: 1_000_000,
      },
    )
    const open = (): number => {
      const counts = [...loads.apply(services).values()].flat()[0]?.load?.open.values() ?? []
      return [...counts].reduce((sum, count) => sum + count, 0)
    }
    expect(open()).toBe(0)
    const isLost = lossOf(here, GROUP.newFlow)
    sendFlows(here, 200, 9)
    await expect.poll(open).toBe(200)
    expect(isLost()).toBe(true)
    expect(said).toEqual([])
    loads.apply(servicesOf([]))
  })
})
