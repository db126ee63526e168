import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CONTEXTS,
  service,
  servicesOf,
  type ServiceText,
} from '../../../test/conformance/service-proxy/address-plan.ts'
import { walkRow } from '../../../test/conformance/service-proxy/walk.ts'
import { manyServices } from '../../../test/kernel/packets/many-services.ts'
import type { ServicePortInfo } from '../../model/resolve-services.ts'
import { encodeChange } from '../../nft/encode.ts'
import { applyOperations } from '../../nft/fake.ts'
import type { Operation } from '../../nft/operation.ts'
import { render } from '../../nft/render.ts'
import { nftablesBackend, type NodeProgram, STRICT_LIMIT } from './nftables.ts'

const [node1, node2] = CONTEXTS
if (node1 === undefined || node2 === undefined) throw new Error('the plan has two nodes')

const compile = (infos: readonly ServicePortInfo[], previous?: NodeProgram): NodeProgram =>
  nftablesBackend.compile(servicesOf(infos), node1, previous)

const { diff } = nftablesBackend

/** `add elements endpoints` and so on; the number of elements behind it. */
function describeOperation(operation: Operation): string {
  switch (operation.kind) {
    case 'add elements':
    case 'delete elements':
      return `${operation.kind} ${operation.set.name} ${operation.elements.length}`
    case 'add set':
    case 'delete set':
      return `${operation.kind} ${operation.set.name}`
    case 'add chain':
      return `${operation.kind} ${operation.chain.name}`
    case 'add rule':
    case 'flush chain':
    case 'delete chain':
      return `${operation.kind} ${operation.chain}`
    default:
      return operation.kind
  }
}

const web = (endpoints: readonly string[], more: Partial<ServiceText> = {}): ServicePortInfo =>
  service({ name: 'web', nodePort: 30001, endpoints, ...more })
const local = { externalTrafficPolicy: 'Local' } as const
const counted = { algorithm: 'least-connections' } as const
const sticky = { sessionAffinityTimeout: 60 }
/** So that every kind of set is there before. */
const others = [
  service({ name: 'other', clusterIP: '10.96.0.42', nodePort: 30002, endpoints: ['B:8080'] }),
  service({ name: 'empty', clusterIP: '10.96.0.43', nodePort: 30003 }),
  service({ name: 'sticky', clusterIP: '10.96.0.44', endpoints: ['B:8080'], ...sticky }),
]

describe('what a change costs', () => {
  test.each<readonly [string, readonly ServicePortInfo[], readonly ServicePortInfo[], readonly string[]]>([
    ['nothing', [web(['C:1'])], [web(['C:1'])], []],
    [
      'an endpoint takes the place of another',
      [web(['C:1', 'C:3'])],
      [web(['C:1', 'D:3'])],
      ['delete elements endpoints 1', 'add elements endpoints 1'],
    ],
    [
      'also on this node',
      [web(['A:1', 'C:3'])],
      [web(['B:1', 'C:3'])],
      [
        'delete elements endpoints 1',
        'add elements endpoints 1',
        'delete elements hairpin 1',
        'add elements hairpin 1',
      ],
    ],
    [
      'another endpoint',
      [web(['C:1', 'C:2'])],
      [web(['C:1', 'C:2', 'D:1'])],
      ['add elements endpoints 1', 'flush chain service-default/web/tcp/', 'add rule service-default/web/tcp/'],
    ],
    [
      'a connection that least-connections counts',
      [web(['C:1', 'C:3'], counted)],
      [web(['C:1', 'C:3'], { ...counted, load: { open: new Map([['6/10.244.2.2:1', 1]]), arriving: 1 } })],
      ['delete elements endpoints 16', 'add elements endpoints 16'],
    ],
    [
      'an endpoint that session affinity remembers',
      [web(['C:1', 'C:3'], sticky)],
      [web(['C:1', 'D:3'], sticky)],
      [
        'add elements affinity-endpoints 1',
        'delete elements affinity-ids 1',
        'add elements affinity-ids 1',
        'delete elements affinity-endpoints 1',
      ],
    ],
    [
      'a Service',
      [],
      [web(['C:1', 'C:2'])],
      [
        'add chain service-default/web/tcp/',
        'add rule service-default/web/tcp/',
        'add elements cluster-ips 1',
        'add elements endpoints 2',
        'add elements masquerade-nodeports-tcp 1',
        'add elements service-ips 1',
        'add elements service-nodeports 1',
      ],
    ],
    [
      'a Service goes',
      [web(['C:1', 'C:2'])],
      [],
      [
        'delete elements cluster-ips 1',
        'delete elements masquerade-nodeports-tcp 1',
        'delete elements service-ips 1',
        'delete elements service-nodeports 1',
        'delete elements endpoints 2',
        'flush chain service-default/web/tcp/',
        'delete chain service-default/web/tcp/',
      ],
    ],
    [
      'its last endpoint goes',
      [web(['C:1'])],
      [web([])],
      [
        'delete elements masquerade-nodeports-tcp 1',
        'add elements no-endpoint-nodeports 1',
        'add elements no-endpoint-services 1',
        'delete elements service-ips 1',
        'delete elements service-nodeports 1',
        'delete elements endpoints 1',
        'flush chain service-default/web/tcp/',
        'delete chain service-default/web/tcp/',
      ],
    ],
    [
      'another policy',
      [web(['C:1'])],
      [web(['C:1'], local)],
      [
        'add chain external-default/web/tcp/',
        'add rule external-default/web/tcp/',
        'add rule external-default/web/tcp/',
        'add rule external-default/web/tcp/',
        'delete elements masquerade-nodeports-tcp 1',
        'delete elements service-nodeports 1',
        'add elements service-nodeports 1',
      ],
    ],
  ])('%s', (_, before, after, expected) => {
    const previous = compile([...others, ...before])
    const next = compile([...others, ...after], previous)
    expect(diff(previous, next).map(describeOperation)).toEqual(expected)
  })

  test.each([STRICT_LIMIT, 2000])('the same with %d Services', (count) => {
    const many = manyServices(count - 1)
    const [before, after] = [
      ['C:1', 'C:3'],
      ['C:1', 'D:3'],
    ].map((endpoints) => [...many, service({ name: 'web', endpoints })])
    const previous = compile(before ?? [])
    expect(diff(previous, compile(after ?? [], previous)).map(describeOperation)).toEqual(
      count > STRICT_LIMIT
        ? ['delete elements ring-2 1', 'add elements ring-2 1']
        : ['delete elements endpoints 1', 'add elements endpoints 1'],
    )
  })

  test('a new table has no set without elements', () => {
    const { table } = compile([web(['C:1'])])
    expect([...table.sets].filter(([, { elements }]) => elements.size === 0)).toEqual([])
    expect(compile([]).table.sets.size).toBe(1)
  })

  test('the same program where nothing changed', () => {
    const services = servicesOf([web(['C:1'])])
    const program = nftablesBackend.compile(services, node1)
    expect(nftablesBackend.compile(services, node1, program)).toBe(program)
    expect(nftablesBackend.compile(services, node2, program)).not.toBe(program)
  })
})

/** Services that are in each other's way: few names, addresses, ports and ages. */
const anyService = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    creationTimestamp: fc.constantFrom('2025', '2026', undefined),
    port: fc.constantFrom(80, 81),
    nodePort: fc.constantFrom(0, 30001, 30002),
    externalIPs: fc.constantFrom([], ['192.0.2.10'], ['192.0.2.10', '192.0.2.11']),
    loadBalancerVIPs: fc.constantFrom([], ['203.0.113.10'], ['192.0.2.10']),
    sourceRanges: fc.constantFrom([], ['198.51.100.0/25'], ['192.168.1.0/24']),
    sessionAffinityTimeout: fc.constantFrom(undefined, 60),
    externalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
    internalTrafficPolicy: fc.constantFrom('Cluster' as const, 'Local' as const),
    algorithm: fc.oneof(
      { weight: 60, arbitrary: fc.constantFrom(undefined, 'random' as const) },
      // These have many slots.
      { weight: 6, arbitrary: fc.constant('least-connections' as const) },
      { weight: 1, arbitrary: fc.constant('source-hash' as const) },
    ),
    load: fc.constantFrom({ open: new Map([['6/10.244.1.2:1', 3]]), arriving: 2 }, { open: new Map(), arriving: 0 }),
    endpoints: fc.subarray(['A:1', 'A:2', 'B:1', 'C:1', 'D:1 terminating', 'D:2 dead']),
  })
  .map((text) => service({ ...text, clusterIP: `10.96.0.${text.name.charCodeAt(0)}` }))

const anyServices = fc.uniqueArray(anyService, { selector: ({ name }) => name.name, maxLength: 5 })

describe('any change', () => {
  const text = ({ table }: NodeProgram): string => render([table])

  test('gives what a compilation from nothing gives, and the kernel can follow', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.array(anyServices, { minLength: 2, maxLength: 6 }), (states) => {
        let previous: NodeProgram | undefined
        let tables: Parameters<typeof applyOperations>[0] = []
        for (const infos of states) {
          const next = compile(infos, previous)
          tables = applyOperations(tables, diff(previous, next))
          expect(text(next)).toBe(text(compile(infos)))
          expect(diff(next, compile(infos))).toEqual([])
          expect(render(tables.map((table) => ({ ...table })))).toBe(text(next))
          previous = next
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe(`crossing ${STRICT_LIMIT} Service ports`, () => {
  const at = (count: number): readonly ServicePortInfo[] => [
    ...manyServices(count - 1, ['A:1', 'A:2', 'C:1', 'C:2', 'D:1']),
    web(['A:1']),
  ]
  const [below, above] = [compile(at(STRICT_LIMIT)), compile(at(STRICT_LIMIT + 1))]
  const rows = ['tcp 10.96.0.41:80', 'tcp 192.168.1.100:30001', 'tcp 10.97.0.9:80']
  const ends = (tables: Parameters<typeof applyOperations>[0]): readonly string[] =>
    rows.map((to) => walkRow({ 'node-1': tables[0] ?? below.table, 'node-2': below.table }, 'P', to))

  test.each([
    ['up', below, above],
    ['down', above, below],
  ])('%s: connections find their Service after each transaction', (_, from, to) => {
    const wanted = ends([from.table])
    let tables: Parameters<typeof applyOperations>[0] = [from.table]
    const batches = encodeChange([from.table], [to.table], 1, 100_000)
    for (const { parts } of batches) {
      tables = applyOperations(tables, parts)
      expect(ends(tables)).toEqual(wanted)
    }
    expect(batches.length).toBeGreaterThan(1)
    expect(render(tables)).toBe(render([to.table]))
  })
})
