/** `portolan trace --packets`: the rules that real packets met in every namespace, and the one that ended them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PacketJourney, Trace } from '../../src/explain/trace/report.ts'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing('nft')
const APP = 'pod/default/app'
const CLIENT = 'pod/default/client'

describe.skipIf(reason !== undefined)(title('the packets of a trace', reason), () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('test/trace/packets.yaml', '--name', 'packets', '--service-cidr', '10.96.0.0/12,fd00:10:96::/108')
  })
  afterAll(() => machine?.close())

  async function traced(from: string, to: string, ...options: readonly string[]): Promise<Trace> {
    const { stdout, stderr } = await machine.portolan('trace', from, to, '--name=packets', '-o', 'json', ...options)
    if (stdout === '') throw new Error(stderr)
    return JSON.parse(stdout)
  }

  async function packets(from: string, to: string): Promise<readonly PacketJourney[]> {
    return (await traced(from, to, '--packets')).packets ?? []
  }

  const at = (place: string, ...command: readonly string[]) =>
    machine.portolan('run', '--name', 'packets', '--from', place, '--', ...command)

  /** With somebody's rules at a place, and without them after. */
  async function walled<T>(place: string, rules: string, action: () => Promise<T>): Promise<T> {
    const added = await at(place, 'nft', `add table inet wall; ${rules}`)
    expect(added.stderr).toBe('')
    try {
      return await action()
    } finally {
      await at(place, 'nft', 'delete table inet wall')
    }
  }

  /** Where a packet was, and how it left each place. */
  const wayOf = (journey: PacketJourney | undefined): readonly string[] =>
    (journey?.crossings ?? []).map(({ place, end }) => `${place} ${end}`)

  const PLACES = [CLIENT, 'node-1', 'node-2']

  test.each([
    ['a ClusterIP, TCP', 'pod/client', 'svc/web:80', PLACES],
    ['a ClusterIP, UDP', 'pod/client', 'svc/datagrams:53', PLACES],
    ['a node port', 'outside', 'node/node-1:30080', ['outside', 'balancer', 'node-1', 'node-2']],
    ['a process of a node', 'node/node-1', 'svc/web:80', ['node-1', 'node-2']],
  ])('%s: request and reply, through every namespace', async (_, from, to, places) => {
    const journeys = await packets(from, to)
    const [request, reply] = journeys
    expect(wayOf(request)).toEqual([...places.map((place) => `${place} passed on`), `${APP} delivered`])
    expect(wayOf(reply)).toEqual([
      ...[APP, ...places.slice(1).reverse()].map((place) => `${place} passed on`),
      `${places[0]} delivered`,
    ])
    const steps = request?.crossings.flatMap((crossing) => crossing.steps) ?? []
    const translation = steps.find(({ text }) => text.includes('dnat'))
    expect(translation).toMatchObject({ hook: from.startsWith('node') ? 'output' : 'prerouting', table: 'ip portolan' })
    expect(translation?.comment).toMatch(/^default\/(web|datagrams)\//)
    expect(translation?.handle).toBeGreaterThan(0)
  })

  test('a load balancer', async () => {
    const [request] = await packets('outside', 'svc/open:80')
    const way = wayOf(request)
    expect(way.slice(0, 2)).toEqual(['outside passed on', 'balancer passed on'])
    expect(way.at(-1)).toBe(`${APP} delivered`)
  })

  test('IPv6', async () => {
    const [request, reply] = await packets('pod/client', 'svc/six:80')
    expect(wayOf(request)).toEqual([...PLACES.map((place) => `${place} passed on`), `${APP} delivered`])
    expect(request?.crossings[1]).toMatchObject({
      packet: expect.stringMatching(/^\[fd.*\]:\d+ -> \[fd.*\]:80$/),
      leaves: expect.stringMatching(/-> \[fd.*\]:8080$/),
      steps: expect.arrayContaining([expect.objectContaining({ table: 'ip6 portolan' })]),
    })
    expect(reply?.end).toBe('delivered')
  })

  const DROP = `add chain inet wall in { type filter hook prerouting priority -300; }; add rule inet wall in tcp dport 8080 drop comment "ops: closed"`

  test('a foreign rule of a node that drops is named by the option, and without it', async () => {
    await walled('node/node-2', DROP, async () => {
      const [request] = await packets('pod/client', 'svc/web:80')
      const kernel = await at('node/node-2', 'nft', '-a', 'list', 'table', 'inet', 'wall')
      const handle = Number(/comment "ops: closed" # handle (\d+)/.exec(kernel.stdout)?.[1])
      expect(request).toMatchObject({
        end: 'dropped',
        by: {
          place: 'node-2',
          hook: 'prerouting',
          table: 'inet wall',
          chain: 'in',
          handle,
          text: 'tcp dport 8080 drop comment "ops: closed"',
          comment: 'ops: closed',
        },
      })
      const { paths, packets: none } = await traced('pod/client', 'svc/web:80')
      expect(none).toBeUndefined()
      expect(paths[0]?.hops[7]?.text).toContain(
        `dropped on node-2 by inet wall, chain in, handle ${handle}: tcp dport 8080 drop comment "ops: closed"`,
      )
    })
  })

  test('dns why says where the questions of a Pod end, and that nobody is asked upstream', async () => {
    const why = (...args: readonly string[]) => machine.portolan('dns', 'why', '--name=packets', ...args)
    const hook = (type: string): string =>
      `add chain inet wall in { type filter hook ${type} priority -300; }; add rule inet wall in udp dport 53 drop`
    expect(await why('web', '--from', 'client')).toMatchObject({ code: 0 })
    await walled('node/node-1', hook('forward'), async () => {
      const { code, stdout } = await why('web', '--from', 'client')
      expect(stdout).toContain('a question of Pod client to 10.96.0.53 gets no answer: timeout')
      expect(stdout).toMatch(/the packet is dropped on node-1 by inet wall, chain in, .*: udp dport 53 drop/)
      expect(code).toBe(1)
    })
    expect((await why('example.com')).stdout).toContain('nobody is asked for example.com.: there is no server upstream')
  })

  test.each<readonly [string, string, string, Partial<PacketJourney>, string]>([
    [
      'a rule in a Pod',
      'add chain inet wall in { type filter hook input priority 0; }; add rule inet wall in tcp dport 8080 drop',
      'svc/web:80',
      { kind: 'request', end: 'dropped' },
      'tcp dport 8080 drop',
    ],
    [
      'a policy in a Pod',
      'add chain inet wall in { type filter hook input priority 0; policy drop; }',
      'svc/datagrams:53',
      { kind: 'request', end: 'dropped' },
      'policy drop',
    ],
    [
      'a reject in a Pod',
      'add chain inet wall in { type filter hook input priority 0; }; add rule inet wall in tcp dport 8080 reject with tcp reset',
      'svc/web:80',
      { kind: 'request', end: 'refused' },
      'meta l4proto tcp tcp dport 8080 reject with tcp reset',
    ],
    [
      'a rule for replies in a Pod',
      'add chain inet wall out { type filter hook output priority 0; }; add rule inet wall out tcp sport 8080 drop',
      'svc/web:80',
      { kind: 'reply', end: 'dropped' },
      'tcp sport 8080 drop',
    ],
  ])('%s', async (_, rules, to, expected, text) => {
    const journeys = await walled('pod/app', rules, () => packets('pod/client', to))
    const ended = journeys.find(({ by }) => by !== null)
    expect(ended).toMatchObject({ ...expected, by: { place: APP, table: 'inet wall' } })
    expect(text).toContain(ended?.by?.text)
  })

  test.each([
    ['source ranges', 'outside', 'svc/ranges:80', 'balancer', /@source-ranges drop/, 'dropped'],
    ['internalTrafficPolicy', 'pod/client', 'svc/inside:80', 'node-1', /vmap @service-ips \(.* : drop\)/, 'dropped'],
    ['no endpoints', 'pod/client', 'svc/nobody:80', 'node-1', /: reject with tcp reset$/, 'refused'],
  ])('a rule of ours: %s', async (_, from, to, place, text, end) => {
    const [request] = await packets(from, to)
    expect(request).toMatchObject({ end, by: { place, table: 'ip portolan' }, text: expect.stringMatching(text) })
  })

  test('a packet that routing loses is said to be lost, and where', async () => {
    const blackhole = ['blackhole', '10.244.2.0/25'] as const
    const added = await at('node/node-1', 'ip', 'route', 'add', ...blackhole)
    const [request] = await packets('pod/client', 'svc/web:80')
    await at('node/node-1', 'ip', 'route', 'del', ...blackhole)
    expect(added.stderr).toBe('')
    expect(request).toMatchObject({ end: 'lost', by: null, text: expect.stringMatching(/^last seen on node-1 .*8080/) })
  })

  test('several at once follow their own packets, and no table of ours is taken for changed', async () => {
    const followed = await Promise.all(
      ['svc/web:80', 'svc/datagrams:53', 'svc/open:80'].map((to) => packets('pod/client', to)),
    )
    for (const journeys of followed) {
      expect(journeys.map(({ kind, end }) => `${kind} ${end}`)).toEqual(['request delivered', 'reply delivered'])
    }
    const log = await machine.sh('cat "$XDG_RUNTIME_DIR"/portolan/packets/engine.log')
    expect([log.code, log.stdout]).toEqual([0, expect.not.stringContaining('changed by somebody else')])
  })

  test('nothing is left behind, also where the client is killed in the middle', async () => {
    await walled('node/node-2', DROP, async () => {
      const isThere = at('node/node-1', 'sh', '-c', 'until nft list tables | grep portolan-trace; do :; done')
      const trace = ['trace', 'pod/client', 'svc/web:80', '--name=packets', '--packets']
      const client = machine.start(['bin/portolan.js', ...trace])
      expect((await isThere).stdout).toMatch(/portolan-trace/)
      client.signal('SIGKILL')
      await client.ended
    })
    for (const place of ['node/node-1', 'node/node-2', 'pod/app', 'pod/client']) {
      await expect.poll(async () => (await at(place, 'nft', 'list', 'tables')).stdout).not.toMatch(/portolan-trace/)
    }
  })

  test('it needs a running network', async () => {
    const { code, stderr } = await machine.portolan(
      'trace',
      'pod/client',
      'svc/web:80',
      'test/trace/packets.yaml',
      '--packets',
    )
    expect([code, stderr]).toEqual([2, expect.stringContaining('--packets shows the rules of a running network')])
  })
})
