import { describe, expect, test } from 'vitest'
import type { Pod } from '../../api/core.ts'
import type { AnyObject } from '../../api/kinds.ts'
import { queryText, type AskedQuery } from '../../explain/report/query.ts'
import { queryMessage } from '../../dns/message.ts'
import { CLASS_IN, TYPE } from '../../dns/records.ts'
import { writeMessage } from '../../dns/write-message.ts'
import { snapshotOf, type Snapshot } from '../../model/snapshot.ts'
import { queryFilter } from '../control/dns-queries.ts'
import { createAskers } from './askers.ts'
import { createQueryFeed, type Exchange } from './query-feed.ts'

type PodPhase = NonNullable<NonNullable<Pod['status']>['phase']>

const pod = (name: string, ips: readonly string[], more: object = {}, phase: PodPhase = 'Running'): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop' },
  spec: { containers: [], ...more },
  status: { phase, podIPs: ips.map((ip) => ({ ip })) },
})
const node = (name: string, address: string): AnyObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { addresses: [{ type: 'InternalIP', address }] },
})

describe('who asks', () => {
  const rows: readonly { readonly name: string; readonly states: readonly AnyObject[][]; readonly is: unknown }[] = [
    { name: 'a Pod', states: [[pod('web', ['10.244.1.2'])]], is: 'shop/web' },
    { name: 'by its second address', states: [[pod('web', ['fd00::1', '10.244.1.2'])]], is: 'shop/web' },
    { name: 'a node', states: [[node('node-1', '10.244.1.2')]], is: 'node/node-1' },
    {
      name: "a Pod of its node's network is the node",
      states: [[node('node-1', '10.244.1.2'), pod('web', ['10.244.1.2'], { hostNetwork: true })]],
      is: 'node/node-1',
    },
    {
      name: 'an address that has gone over to another Pod',
      states: [[pod('a', ['10.244.1.2'])], [pod('a', ['10.244.1.3']), pod('b', ['10.244.1.2'])]],
      is: 'shop/b',
    },
    {
      name: 'the earlier one has ended, and goes later',
      states: [
        [pod('a', ['10.244.1.2'])],
        [pod('a', ['10.244.1.2'], {}, 'Succeeded'), pod('b', ['10.244.1.2'])],
        [pod('b', ['10.244.1.2'])],
      ],
      is: 'shop/b',
    },
    { name: 'a Pod that has gone', states: [[pod('a', ['10.244.1.2'])], []], is: undefined },
    { name: 'somebody else', states: [[pod('a', ['10.244.1.3'])]], is: undefined },
  ]
  test.for(rows)('$name', ({ states, is }) => {
    let now: Snapshot = snapshotOf([])
    const askers = createAskers(() => now)
    const seen = states.map((objects) => {
      now = snapshotOf(objects)
      return askers.at('10.244.1.2')
    })
    expect(seen.at(-1)).toBe(is)
  })
})

const bytes = writeMessage(queryMessage(7, { name: 'web.', type: TYPE.A, class: CLASS_IN }))
const exchange: Exchange = { client: '10.244.1.2', query: bytes, reply: bytes, overTcp: false, seconds: 0.00012 }

test('a feed tells those who look, as long as they do', () => {
  const feed = createQueryFeed({
    snapshot: () => snapshotOf([pod('me', ['10.244.1.2'])]),
    now: () => 0,
    onError: () => undefined,
  })
  const [first, second]: AskedQuery[][] = [[], []]
  const stops = [feed.follow((query) => first?.push(query)), feed.follow((query) => second?.push(query))]
  feed.tell(exchange)
  stops[0]?.()
  feed.tell(exchange)
  expect([first?.length, second?.length, feed.followed]).toEqual([1, 2, true])
  stops[1]?.()
  expect(feed.followed).toBe(false)
  expect(first?.map(queryText)).toEqual(['shop/me 10.244.1.2 - 7 "A IN web. udp 21 false 512" NOERROR rd 21 0.000120s'])
})

test('what a listener does wrong is told, and does not reach the server', () => {
  const errors: unknown[] = []
  const feed = createQueryFeed({
    snapshot: () => snapshotOf([]),
    now: () => 0,
    onError: (error) => errors.push(error),
  })
  feed.follow(() => {
    throw new Error('full')
  })
  feed.tell(exchange)
  expect(errors).toEqual([new Error('full')])
})

test('many answers are shown in part', () => {
  const answers = ['a', 'b', 'c', 'd', 'e'].map((data) => `web. 5 IN CNAME ${data}.`)
  const query = { ...sample('shop/me'), answers }
  expect(queryText(query)).toMatch(/ a\., b\., c\. and 2 more$/)
})

function sample(asker: string | undefined, name = 'web.shop.'): AskedQuery {
  const made: AskedQuery[] = []
  const feed = createQueryFeed({ snapshot: () => snapshotOf([]), now: () => 0, onError: () => undefined })
  feed.follow((query) => made.push(query))
  feed.tell(exchange)
  const [query] = made
  if (query === undefined) throw new Error('nothing was told')
  return { ...query, name, ...(asker === undefined ? {} : { asker }) }
}

describe('which questions are wanted', () => {
  const snapshot = snapshotOf([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    pod('me', ['10.244.1.2']),
    pod('agent', ['192.168.1.100'], { hostNetwork: true, nodeName: 'node-1' }),
    node('node-1', '192.168.1.100'),
  ])
  test.for<readonly [string | undefined, readonly string[], readonly boolean[]]>([
    [undefined, [], [true, true, true]],
    ['shop/me', [], [true, false, false]],
    ['shop/', [], [true, false, false]],
    ['node/node-1', [], [false, true, false]],
    [undefined, ['db', 'web'], [true, true, true]],
    ['shop/me', ['db'], [false, false, false]],
  ])('from %s, names %j', ([from, names, expected]) => {
    const isWanted = queryFilter({ names, ...(from === undefined ? {} : { from }) }, snapshot)
    expect(['shop/me', 'node/node-1', undefined].map((asker) => isWanted(sample(asker)))).toEqual(expected)
  })

  test.for([
    ['shop/nobody', 'there is no Pod shop/nobody'],
    ['nowhere/', 'there is no namespace nowhere'],
    ['node/node-9', 'there is no node/node-9: there are node-1'],
    ['shop/agent', 'say --from node/node-1'],
  ] as const)('from %s', ([from, message]) => {
    expect(() => queryFilter({ from, names: [] }, snapshot)).toThrow(message)
  })
})
