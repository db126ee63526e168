import { describe, expect, test } from 'vitest'
import type { PacketHead, TraceEvent } from './trace-event.ts'
import { type DescribeStep, followPackets, type Flow, type PlacedEvent } from './follow-packets.ts'

const CLIENT = 'pod/default/client'
const SERVER = 'pod/default/server'
const FLOW: Flow = { place: CLIENT, protocol: 'TCP', sourcePort: 4000, address: '10.96.0.1', port: 80 }

interface Told {
  readonly place: string
  readonly id?: number
  readonly from?: string
  readonly to?: string
  readonly hopLimit?: number
  readonly identity?: string
}

function head({ from = '10.244.1.2:4000', to = '10.96.0.1:80', hopLimit = 64, identity = 'syn' }: Told): PacketHead {
  const [source = '', sourcePort] = from.split(':')
  const [destination = '', destinationPort] = to.split(':')
  return {
    protocol: 'tcp',
    source,
    sourcePort: Number(sourcePort),
    destination,
    destinationPort: Number(destinationPort),
    hopLimit,
    flags: 'SYN',
    identity,
  }
}

/** A packet that comes through a namespace: what it met, and the end that ours tell. */
function crossing(told: Told, start: 'began' | 'came', met: readonly Partial<TraceEvent>[], end?: Told): PlacedEvent[] {
  const { place, id = 1 } = told
  const ours = { id, table: 'ip portolan-trace' }
  const events: TraceEvent[] = [
    { ...ours, chain: start, kind: 'rule', handle: 1, verdict: 'continue', packet: head(told) },
    { ...ours, chain: start, kind: 'policy', verdict: 'accept' },
    ...met.map((one): TraceEvent => ({ id, table: 'ip wall', chain: 'c', kind: 'rule', verdict: 'continue', ...one })),
    ...(end === undefined
      ? []
      : [
          { ...ours, chain: end.place, kind: 'rule' as const, verdict: 'continue', packet: head({ ...told, ...end }) },
          { ...ours, chain: end.place, kind: 'policy' as const, verdict: 'accept' },
        ]),
  ]
  return events.map((event) => ({ place, event }))
}

const describeStep: DescribeStep = (_, { chain, kind, verdict, handle }) => ({
  hook: chain === 'c' ? 'forward' : '',
  rule: 0,
  text: kind === 'policy' ? `policy ${verdict}` : handle === 9 ? 'reject' : 'tcp dport 80 drop',
  comment: handle === 7 ? 'ops' : null,
  elements: handle === 11 ? ['@endpoints: 1 : 10.244.2.2 . 8080', '@endpoints: 2 : 10.244.2.3 . 8080'] : [],
})

const follow = (...told: readonly (readonly PlacedEvent[])[]) => followPackets(told.flat(), [FLOW], describeStep)

const SENT = crossing({ place: CLIENT }, 'began', [], { place: 'left' })
const TRANSLATED = crossing({ place: 'node-1' }, 'came', [{ handle: 11 }], {
  place: 'left',
  to: '10.244.2.3:8080',
  hopLimit: 63,
})
const RECEIVED = crossing({ place: SERVER, to: '10.244.2.3:8080', hopLimit: 63 }, 'came', [], { place: 'arrived' })
const BACK = { from: '10.244.2.3:8080', to: '10.244.1.2:4000', identity: 'back' }

describe('packets', () => {
  test('in the order of the way, whichever namespace tells first; with its translation and its element', () => {
    const [request] = follow(RECEIVED, TRANSLATED, SENT)
    expect(request?.crossings.map(({ place, end }) => `${place} ${end}`)).toEqual([
      `${CLIENT} passed on`,
      'node-1 passed on',
      `${SERVER} delivered`,
    ])
    expect(request?.crossings[1]).toMatchObject({
      packet: '10.244.1.2:4000 -> 10.96.0.1:80',
      leaves: '10.244.1.2:4000 -> 10.244.2.3:8080',
      steps: [{ handle: 11, hook: 'forward', elements: ['@endpoints: 2 : 10.244.2.3 . 8080'] }],
    })
    expect(request).toMatchObject({ kind: 'request', end: 'delivered', by: null })
  })

  test('the reply is found by what the request was turned into', () => {
    const [, reply] = follow(
      SENT,
      TRANSLATED,
      RECEIVED,
      crossing({ place: SERVER, ...BACK }, 'began', [], { place: 'left' }),
      crossing({ place: 'node-1', ...BACK }, 'came', [{ verdict: 'drop', handle: 7 }]),
    )
    expect(reply).toMatchObject({
      kind: 'reply',
      end: 'dropped',
      by: { place: 'node-1', handle: 7 },
      text: 'dropped on node-1 by ip wall, chain c, handle 7: tcp dport 80 drop comment "ops"',
    })
  })

  test.each<readonly [string, Partial<TraceEvent>, string, string]>([
    ['a rule', { verdict: 'drop', handle: 4 }, 'dropped', 'ip wall, chain c, handle 4: tcp dport 80 drop'],
    ['a policy', { verdict: 'drop', kind: 'policy' }, 'dropped', 'ip wall, chain c: policy drop'],
    ['a reject', { verdict: 'drop', handle: 9 }, 'refused', 'ip wall, chain c, handle 9: reject'],
  ])('ended by %s', (_, event, end, by) => {
    const [request] = follow(SENT, crossing({ place: 'node-1' }, 'came', [event]))
    expect(request).toMatchObject({ end, text: `${end} on node-1 by ${by}` })
  })

  test('lost in a namespace, and lost behind one, are told apart', () => {
    expect(follow(SENT, crossing({ place: 'node-1' }, 'came', []))[0]).toMatchObject({
      end: 'lost',
      by: null,
      text: expect.stringMatching(/^last seen on node-1 .*routing, legacy iptables or a socket$/),
    })
    expect(follow(SENT)[0]).toMatchObject({ end: 'lost', text: expect.stringMatching(/^last seen when it left pod/) })
  })

  test('an id that the kernel uses again is another packet; of later ones a dropped one is told', () => {
    const again = { identity: 'data' }
    const journeys = follow(
      SENT,
      crossing({ place: CLIENT, ...again }, 'began', [], { place: 'left' }),
      crossing({ place: 'node-1' }, 'came', []),
      crossing({ place: 'node-1', ...again }, 'came', [{ verdict: 'drop', handle: 4 }]),
    )
    expect(journeys.map(({ kind, end }) => `${kind} ${end}`)).toEqual(['request lost', 'request dropped'])
  })

  test('packets of others, rules that only count and the ends of chains are left out', () => {
    const other = crossing({ place: CLIENT, from: '10.244.1.2:4001', identity: 'x', id: 3 }, 'began', [{ handle: 8 }])
    const counted = crossing({ place: 'node-1' }, 'came', [{ table: 'ip portolan-traffic', handle: 5 }, {}])
    const journeys = follow(other, SENT, counted)
    expect(journeys).toHaveLength(1)
    expect(journeys[0]?.crossings[1]?.steps).toEqual([])
  })
})
