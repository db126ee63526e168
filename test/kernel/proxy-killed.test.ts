/** `kill -9` between any two transactions of a change that takes several, and then another start. */
import { spawnSync } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { createNamespace, inNamespace, type NetworkNamespace } from '../../src/host/namespaces.ts'
import { openNetlink } from '../../src/host/netlink.ts'
import { OrderedMap } from '../../src/lib/ordered-map.ts'
import { encodeChange, standInNames, type Transaction } from '../../src/nft/encode.ts'
import { applyOperations } from '../../src/nft/fake.ts'
import { render } from '../../src/nft/render.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { nftablesBackend, STRICT_LIMIT } from '../../src/proxy/backends/nftables.ts'
import { CONTEXTS, service, servicesOf } from '../conformance/service-proxy/address-plan.ts'
import { walkRow } from '../conformance/service-proxy/walk.ts'
import { needsRoot } from './kubelet-spec.ts'
import { blocks, missing } from './nft-namespace.ts'
import { manyServices } from './packets/many-services.ts'

const reason = needsRoot() ?? missing()
const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const isLong = process.env['PORTOLAN_LONG'] !== undefined
/** Bytes of a transaction: so few that nearly every change takes several. */
const LIMIT = 24_000
const web = service({ name: 'web', nodePort: 30001, endpoints: ['A:8080', 'C:8080'] })
const compiled = (services: Parameters<typeof servicesOf>[0]): Table =>
  nftablesBackend.compile(servicesOf([web, ...services]), node).table
const [none, strict, shared] = [0, STRICT_LIMIT - 1, STRICT_LIMIT].map((count) => compiled(manyServices(count)))
if (none === undefined || strict === undefined || shared === undefined) throw new Error('three tables')
const empty = compiled(manyServices(STRICT_LIMIT - 1, []))

const changes: readonly (readonly [string, Table, Table])[] = [
  ['many Services come', none, strict],
  ['to shared maps', strict, shared],
  ['and back', shared, strict],
  ['all endpoints go', strict, empty],
]
const steps = changes.flatMap(([name, before, after]) => {
  const transactions = encodeChange([before], [after], 1, LIMIT)
  return transactions
    .slice(1)
    .map((_, i) => ({ name: `${name}: after ${i + 1}`, before, after, transactions, done: i + 1 }))
})

const apply = (tables: readonly Table[], transactions: readonly Transaction[]): readonly Table[] =>
  transactions.reduce((held, { parts }) => applyOperations(held, parts), tables)

describe('the walk', () => {
  /** What a packet meets: the table that has hooks. */
  const ends = (tables: readonly Table[]): readonly string[] => {
    const deciding = tables.filter(({ chains }) => [...chains.values()].some(({ hook }) => hook !== undefined))
    expect(deciding).toHaveLength(1)
    const [table] = deciding
    if (table === undefined) throw new Error('no table decides')
    return ['tcp 10.96.0.41:80', 'tcp 192.168.1.100:30001'].map((to) =>
      walkRow({ 'node-1': table, 'node-2': table }, 'P', to),
    )
  }
  const wanted = ends([none])

  const some = steps.filter((_, i) => isLong || i % 2 === 0)

  test.each(some)('$name: no packet is lost, before and after', ({ before, after, transactions, done }) => {
    const held = apply([before], transactions.slice(0, done))
    expect(ends(held)).toEqual(wanted)
    const own = held.filter(({ name }) => name === after.name)
    const left = standInNames(after.name).filter((name) => held.some((table) => table.name === name))
    const known = [
      ...own,
      ...left.map((name) => ({ ...after, name, sets: OrderedMap.empty<never>(), chains: OrderedMap.empty<never>() })),
    ]
    let tables = held
    for (const transaction of encodeChange(known, [after], 1, LIMIT)) {
      tables = apply(tables, [transaction])
      expect(ends(tables)).toEqual(wanted)
    }
    expect(render(tables)).toBe(render([after]))
  })

  test('both ways of a large change are among them', () => {
    const standsIn = steps.filter(({ transactions }) =>
      transactions.some(({ parts }) => parts.some(({ table }) => table.name !== 'portolan')),
    )
    expect(standsIn.length).toBeGreaterThan(5)
    expect(standsIn.length).toBeLessThan(steps.length - 5)
  })
})

describe.skipIf(reason !== undefined)(`the kernel${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const opened: NetworkNamespace[] = []
  afterAll(() => opened.forEach((namespace) => namespace.close()))
  const place = (): NetworkNamespace => {
    const namespace = createNamespace()
    opened.push(namespace)
    return namespace
  }
  const listing = (namespace: NetworkNamespace): readonly string[] =>
    blocks(
      inNamespace(namespace, () => spawnSync('nft', ['list', 'ruleset'], { encoding: 'utf8', maxBuffer: 1 << 26 }))
        .stdout,
    )
  const fresh = new Map<Table, readonly string[]>()
  const listingOf = (table: Table): readonly string[] => {
    const known = fresh.get(table)
    if (known !== undefined) return known
    const namespace = place()
    createProxier(namespace).sync(table)
    const made = listing(namespace)
    fresh.set(table, made)
    return made
  }
  // Each takes a third of a second.
  const some = steps.filter((_, i) => isLong || i % 4 === 1)

  test.each(some)('$name: the next start makes it right', ({ before, after, transactions, done }) => {
    const namespace = place()
    createProxier(namespace).sync(before)
    const socket = openNetlink('netfilter', namespace)
    for (const { bytes } of transactions.slice(0, done)) expect(socket.transact(bytes)).toEqual([])
    socket.close()
    const proxier = createProxier(namespace, undefined, LIMIT)
    proxier.sync(after)
    proxier.clean()
    expect(listing(namespace)).toEqual(listingOf(after))
    expect(proxier.mend()).toBe(false)
  })
})
