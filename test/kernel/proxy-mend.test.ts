import { describe, expect, test } from 'vitest'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { openNetlink } from '../../src/host/netlink.ts'
import { encodeTransaction } from '../../src/nft/encode.ts'
import type { Operation } from '../../src/nft/operation.ts'
import { createRuleWatcher } from '../../src/host/rule-watch.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { nftablesBackend, STRICT_LIMIT } from '../../src/proxy/backends/nftables.ts'
import { compileLoadBalancer } from '../../src/proxy/load-balancer.ts'
import { CONTEXTS, service, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { ROW_GROUPS } from '../conformance/service-proxy/rows.ts'
import { needsRoot } from './kubelet-spec.ts'
import { blocks, missing } from './nft-namespace.ts'
import { shapes } from './nft-shapes.ts'
import { BALANCER_CONTEXT, manyServices } from './packets/many-services.ts'
import { rulePlaces } from './rule-place.ts'

const reason = needsRoot() ?? missing()
const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const compiled = (services: Parameters<typeof servicesOf>[0]): Table =>
  nftablesBackend.compile(servicesOf(services), node).table
const web = service({
  name: 'web',
  nodePort: 30001,
  loadBalancerVIPs: ['203.0.113.9'],
  sourceRanges: ['198.51.100.0/25'],
  endpoints: ['A:8080', 'C:8080'],
})
const empty = service({ name: 'empty', clusterIP: '10.96.5.5', port: 81 })
const all = ROW_GROUPS.flatMap(({ services }, group) =>
  services.map((info) => ({ ...info, name: { ...info.name, namespace: `group-${group}` } })),
)
const tables: readonly (readonly [string, Table])[] = [
  ...shapes.map((table) => [`the shapes of ${table.family} ${table.name}`, table] as const),
  ['every row', compiled(all)],
  ['shared rings', compiled(manyServices(STRICT_LIMIT + 1))],
  ['the balancer', compileLoadBalancer(servicesOf(all), BALANCER_CONTEXT).table],
]

describe.skipIf(reason !== undefined)(`mending${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const place = rulePlaces('-a')
  const withoutHandles = (listing: string): readonly string[] => blocks(listing.replaceAll(/ # handle \d+/g, ''))

  test.each(tables)('%s: nothing is written over what is there, also after a restart', (_, table) => {
    const { namespace, nft, generation } = place()
    const first = createProxier(namespace)
    first.sync(table)
    expect(first.mend()).toBe(false)
    nft('add table ip somebody-else')
    const before = generation()
    expect(first.mend()).toBe(false)
    createProxier(namespace).sync(table)
    expect(generation()).toBe(before)
  })

  const here = compiled([web, empty])
  const strictChain = 'service-default/web/tcp/'

  test.each([
    ['flush ruleset'],
    ['delete table ip portolan'],
    ['flush table ip portolan'],
    ['add table ip portolan { flags dormant; }'],
    ['flush chain ip portolan services'],
    ['flush chain ip portolan nat-output\ndelete chain ip portolan nat-output'],
    ['insert rule ip portolan services ip saddr 10.0.0.0/8 drop'],
    ['add rule ip portolan nat-postrouting counter accept'],
    ['add chain ip portolan nat-prerouting { policy drop; }'],
    ['add chain ip portolan other\nadd rule ip portolan other drop\nadd rule ip portolan services jump other'],
    ['add chain ip portolan gate { type filter hook input priority 5; policy drop; }'],
    ['add set ip portolan other { type ipv4_addr; }\nadd rule ip portolan services ip saddr @other drop'],
    ['delete element ip portolan cluster-ips { 10.96.5.5 }'],
    ['add element ip portolan cluster-ips { 10.96.9.9 }'],
    ['add element ip portolan service-ips { 10.96.9.9 . udp . 53 : drop }'],
    [
      'delete element ip portolan no-endpoint-services { 10.96.5.5 . tcp . 81 }\n' +
        'add element ip portolan no-endpoint-services { 10.96.5.5 . tcp . 81 : drop }',
    ],
    ['flush set ip portolan source-ranges'],
    ['add element ip portolan source-ranges { 203.0.113.9 . tcp . 80 . 10.0.0.0/8 }'],
    ['flush map ip portolan endpoints'],
  ])('%s', (command) => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(here)
    const wanted = withoutHandles(nft('list ruleset'))
    nft(command)
    expect(withoutHandles(nft('list ruleset'))).not.toEqual(wanted)
    expect(proxier.mend()).toBe(true)
    expect(withoutHandles(nft('list ruleset'))).toEqual(wanted)
    expect(proxier.mend()).toBe(false)
  })

  test('one element of a ring gone, and one with other data', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(compiled(manyServices(STRICT_LIMIT + 1, ['A:8080', 'C:8080'])))
    const wanted = withoutHandles(nft('list map ip portolan ring-2'))
    const [first, second] = [...wanted.join().matchAll(/10\.\S+ \. tcp \. \d+ \. 1/g)].map(([key]) => key)
    nft(
      `delete element ip portolan ring-2 { ${first}, ${second} }\n` +
        `add element ip portolan ring-2 { ${second} : 10.9.9.9 . 9 }`,
    )
    expect(withoutHandles(nft('list map ip portolan ring-2'))).not.toEqual(wanted)
    expect(proxier.mend()).toBe(true)
    expect(withoutHandles(nft('list map ip portolan ring-2'))).toEqual(wanted)
  })

  test('a rule that is turned into its opposite', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(here)
    const listing = nft('list chain ip portolan firewall-prerouting')
    const handle = /!= @source-ranges.* # handle (\d+)/.exec(listing)?.[1]
    const rule = /ct state new .*(?= # handle)/.exec(listing)?.[0].replace('!= @source-ranges', '@source-ranges')
    nft(`replace rule ip portolan firewall-prerouting handle ${handle} ${rule}`)
    expect(proxier.mend()).toBe(true)
    expect(withoutHandles(nft('list chain ip portolan firewall-prerouting'))).toEqual(withoutHandles(listing))
  })

  test('rules that nobody touched stay, and with them the count of their rotation', () => {
    const { namespace, nft } = place()
    const proxier = createProxier(namespace)
    proxier.sync(here)
    const rotation = nft(`list chain ip portolan ${strictChain}`)
    nft('add rule ip portolan nat-postrouting counter\nadd element ip portolan cluster-ips { 10.96.9.9 }')
    expect(proxier.mend()).toBe(true)
    expect(nft(`list chain ip portolan ${strictChain}`)).toBe(rotation)
  })

  test('session affinity remembers its clients over a change of endpoints, a restart and a foreign change', () => {
    const { namespace, nft } = place()
    const sticky = (endpoints: readonly string[]): Table =>
      compiled([service({ name: 'sticky', sessionAffinityTimeout: 600, endpoints }), web])
    const remembered = (): boolean => nft('list map ip portolan affinity-default/sticky/tcp/').includes('10.244.1.9 ')
    createProxier(namespace).sync(sticky(['A:8080', 'C:8080']))
    nft('add element ip portolan affinity-default/sticky/tcp/ { 10.244.1.9 : 0x7 }')
    const proxier = createProxier(namespace)
    proxier.sync(sticky(['A:8080', 'C:8080', 'D:8080']))
    expect(remembered()).toBe(true)
    nft('flush chain ip portolan services')
    expect(proxier.mend()).toBe(true)
    expect(remembered()).toBe(true)
    const next = createProxier(namespace)
    next.sync(compiled([web]))
    next.clean()
    expect(nft('list ruleset')).not.toContain('affinity-default/sticky')
  })

  test('more answers than the queue holds are a failure, after those that say more', () => {
    const { namespace } = place()
    const socket = openNetlink('netfilter', namespace)
    const table = { family: 'ip', name: 'not-there' } as const
    const operations = Array.from({ length: 40_000 }, (): Operation => ({ kind: 'delete chain', table, chain: 'c' }))
    const failures = socket.transact(encodeTransaction(operations, 1).bytes)
    socket.close()
    expect(failures.at(0)).toEqual({ sequence: 2, errno: 2 })
    expect(failures.at(-1)).toEqual({ sequence: 0, errno: 105 })
  })

  test('a stand-in that was left behind is removed', () => {
    const { namespace, nft } = place()
    createProxier(namespace).sync(here)
    const wanted = withoutHandles(nft('list ruleset'))
    nft('add table ip portolan-stand-in { chain gate { type filter hook input priority 0; policy drop; } ; }')
    createProxier(namespace).sync(here)
    expect(withoutHandles(nft('list ruleset'))).toEqual(wanted)
  })

  test('a writer is noticed, each in its own namespace; a quiet one is not', async () => {
    const watcher = createRuleWatcher()
    const [here, there] = [place(), place()]
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      const watch = watcher.watch(here.namespace, () => seen.push('here'))
      watcher.watch(there.namespace, () => {
        seen.push('there')
        resolve()
      })
      watch.quietly(() => here.nft('add table ip quiet'))
      there.nft('add table ip loud')
    })
    expect(seen).toEqual(['there'])
    await new Promise<void>((resolve) => {
      watcher.watch(here.namespace, resolve)
      here.nft('flush ruleset')
    })
    expect(seen).toContain('here')
  })
})
