import { describe, expect, test } from 'vitest'
import { encodeChange } from '../../src/nft/encode.ts'
import { parseReplies } from '../../src/nft/decode.ts'
import { render } from '../../src/nft/render.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { nftablesBackend, STRICT_LIMIT } from '../../src/proxy/backends/nftables.ts'
import { compileLoadBalancer } from '../../src/proxy/load-balancer.ts'
import {
  balancerContextOf,
  CONTEXTS,
  contextsOf,
  service,
  servicesOf,
} from '../conformance/service-proxy/address-plan.ts'
import { IPV6, serviceInIPv6 } from '../conformance/service-proxy/ipv6.ts'
import { ROW_GROUPS } from '../conformance/service-proxy/rows.ts'
import { blocks, inNamespace, missing, type Result, type Step } from './nft-namespace.ts'
import { BALANCER_CONTEXT, manyServices } from './packets/many-services.ts'

const reason = missing()
const [node] = CONTEXTS
if (node === undefined) throw new Error('the plan has no node')

const all = ROW_GROUPS.flatMap(({ services }, group) =>
  services.map((info) => ({ ...info, name: { ...info.name, namespace: `group-${group}` } })),
)
const sctp = service({
  name: 'sctp',
  protocol: 'SCTP',
  nodePort: 30009,
  externalIPs: ['192.0.2.9'],
  endpoints: ['A:9'],
})
const hashed = service({ name: 'hashed', clusterIP: '10.96.7.1', algorithm: 'source-hash', endpoints: ['A:9', 'C:9'] })
const random = service({ name: 'random', clusterIP: '10.96.7.2', algorithm: 'random', endpoints: ['A:9', 'C:9'] })
const every = servicesOf([...all, sctp, hashed, random])

const [node6] = contextsOf(IPV6)
if (node6 === undefined) throw new Error('the plan has no node')
const everyInIPv6 = servicesOf([...all, sctp, hashed, random].map(serviceInIPv6))

const tables: readonly (readonly [string, Table])[] = [
  ['no Services, IPv6', nftablesBackend.compile(servicesOf([]), node6).table],
  ['all of them, IPv6', nftablesBackend.compile(everyInIPv6, node6).table],
  [
    'shared rings, IPv6',
    nftablesBackend.compile(servicesOf(manyServices(STRICT_LIMIT + 1).map(serviceInIPv6)), node6).table,
  ],
  ['the balancer, IPv6', compileLoadBalancer(everyInIPv6, balancerContextOf(IPV6)).table],
  ['no Services', nftablesBackend.compile(servicesOf([]), node).table],
  ...ROW_GROUPS.map(({ name, services }) => [name, nftablesBackend.compile(servicesOf(services), node).table] as const),
  ['all of them', nftablesBackend.compile(every, node).table],
  ['shared rings', nftablesBackend.compile(servicesOf(manyServices(STRICT_LIMIT + 1)), node).table],
  ['the balancer', compileLoadBalancer(every, BALANCER_CONTEXT).table],
]

describe.skipIf(reason !== undefined)(`listings${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const list: Step = { run: ['nft', 'list', 'ruleset'] }
  const flush: Step = { run: ['nft', 'flush', 'ruleset'] }
  const load = (input: string): Step => ({ run: ['nft', '-f', '-'], input })
  const apply = (table: Table): readonly Step[] =>
    encodeChange([], [table], 1, 400_000).map(({ bytes }) => ({ netlink: bytes }))
  const byNetlink = (table: Table): readonly Result[] =>
    inNamespace([...apply(table), list, { run: ['nft', '-j', 'list', 'ruleset'] }])

  test.each(tables)('%s', (_, table) => {
    const results = byNetlink(table)
    const [listed, json] = results.slice(-2)
    for (const { replies } of results) expect(parseReplies(replies).filter(({ error }) => error !== 0)).toEqual([])
    expect(listed).toMatchObject({ status: 0, stderr: '' })
    expect(json?.status).toBe(0)
    // nft 1.0.6 leaves `update @map` out of its JSON, and says so.
    expect(json?.stderr.replaceAll(/^warning: stmt ops map have no json callback\n/gm, '')).toBe('')
    expect(JSON.parse(json?.stdout ?? '')).toHaveProperty('nftables')
    const [loaded, again, , byText, fromText] = inNamespace([
      load(listed?.stdout ?? ''),
      list,
      flush,
      load(render([table])),
      list,
    ])
    expect(loaded).toMatchObject({ status: 0, stderr: '' })
    expect(blocks(again?.stdout)).toEqual(blocks(listed?.stdout))
    expect(byText).toMatchObject({ status: 0, stderr: '' })
    expect(blocks(fromText?.stdout)).toEqual(blocks(listed?.stdout))
  })
})
