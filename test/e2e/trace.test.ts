/** `portolan trace` on a running network: each fault is named at its hop, by its rule. How long it waits is in cluster/trace/network.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Trace } from '../../src/explain/trace/report.ts'
import { createMachine, missing, title, type Machine } from './network.ts'

const MANIFEST = 'test/trace/broken.yaml'

interface Row {
  readonly fault: string
  readonly from?: string
  readonly to: string
  readonly verdict: string
  /** Kind, rule, and words of the hop that decides. */
  readonly hop?: readonly [string, string, RegExp]
  readonly sees?: RegExp
  readonly fix?: RegExp
  /** Line of the manifest that is named. */
  readonly line?: number
}

const ROWS: readonly Row[] = [
  { fault: 'none', to: 'http://good/', verdict: 'DELIVERED' },
  { fault: 'none, by nodePort', from: 'outside', to: 'node/node-1:30081', verdict: 'DELIVERED' },
  { fault: 'none, by a port of this machine', from: 'outside', to: 'http://localhost:30081/', verdict: 'DELIVERED' },
  { fault: 'none, by load balancer', from: 'outside', to: 'svc/open:80', verdict: 'DELIVERED' },
  { fault: 'none, UDP', to: 'svc/echo:5353', verdict: 'DELIVERED' },
  { fault: 'none, Pod', to: 'pod/app:8080', verdict: 'DELIVERED' },
  {
    fault: 'wrong targetPort',
    to: 'http://wrong-target/',
    verdict: 'BROKEN',
    hop: ['socket', 'PTL901', /nothing listens on 8081: the stand-in listens on \*:8080/],
    sees: /refused/,
    fix: /targetPort: 8080/,
    line: 26,
  },
  {
    fault: 'app on another port',
    to: 'http://elsewhere/',
    verdict: 'BROKEN',
    hop: ['socket', 'PTL901', /listens on \*:3000/],
    sees: /refused/,
    fix: /targetPort: 3000/,
  },
  {
    fault: 'app on loopback',
    to: 'http://loopback/',
    verdict: 'BROKEN',
    hop: ['socket', 'PTL902', /127\.0\.0\.1:8080 only/],
    sees: /refused/,
  },
  {
    fault: 'nothing running',
    to: 'http://nothing/',
    verdict: 'BROKEN',
    hop: ['socket', 'PTL901', /no program of the Pod listens/],
    sees: /refused/,
  },
  {
    fault: 'no ready endpoints',
    to: 'http://unready/',
    verdict: 'BROKEN',
    hop: ['endpoint', 'PTL904', /none of 1 Pod is ready/],
    sees: /refused/,
  },
  {
    fault: 'wrong selector',
    to: 'http://wrong-selector/',
    verdict: 'BROKEN',
    hop: ['endpoint', 'PTL201', /has app=app, not ap/],
    sees: /refused/,
    fix: /app: app/,
  },
  {
    fault: 'wrong namespace',
    to: 'http://far/',
    verdict: 'BROKEN',
    hop: ['name', 'PTL703', /other has one/],
    sees: /not found/,
    fix: /far\.other/,
  },
  {
    fault: 'unknown name',
    to: 'http://payments/',
    verdict: 'BROKEN',
    hop: ['name', 'PTL701', /no Service is called payments/],
    sees: /not found/,
  },
  {
    fault: 'misspelt name',
    to: 'http://god/',
    verdict: 'BROKEN',
    hop: ['name', 'PTL701', /did you mean good/],
    sees: /not found/,
  },
  {
    fault: 'missing named port',
    to: 'http://wrong-name/',
    verdict: 'BROKEN',
    hop: ['endpoint', 'PTL301', /port named "web"/],
    sees: /refused/,
    fix: /targetPort: http/,
  },
  {
    fault: 'TCP against a UDP Service',
    to: 'http://udp-only/',
    verdict: 'BROKEN',
    hop: ['service', 'PTL304', /UDP only/],
    sees: /refused/,
  },
  {
    fault: 'TCP against a UDP program',
    to: 'http://datagrams/',
    verdict: 'BROKEN',
    hop: ['socket', 'PTL901', /8080\/UDP, which is UDP/],
    sees: /refused/,
  },
  {
    fault: 'wrong Service port',
    to: 'http://good:8080/',
    verdict: 'BROKEN',
    hop: ['service', 'PTL702', /which is a targetPort/],
    sees: /refused/,
    fix: /port 80/,
  },
  {
    fault: 'policy Local without a local Pod',
    from: 'outside',
    to: 'node/node-2:30081',
    verdict: 'BROKEN',
    hop: ['endpoint', 'PTL906', /no endpoint on node-2/],
    sees: /timeout/,
  },
  {
    fault: 'policy Local, every node',
    from: 'outside',
    to: 'node:30081',
    verdict: 'PARTIAL',
    hop: ['endpoint', 'PTL906', /no endpoint on node-2/],
    sees: /timeout/,
  },
  {
    fault: 'source range',
    from: 'outside',
    to: 'svc/ranges:80',
    verdict: 'BROKEN',
    hop: ['entry', 'PTL908', /not in 10\.0\.0\.0\/8/],
    sees: /timeout/,
  },
  {
    fault: 'hairpin',
    from: 'pod/app',
    to: 'http://good/',
    verdict: 'DELIVERED',
    hop: ['pod', '', /the client itself/],
  },
  {
    fault: 'a Pod that is stuck',
    to: 'http://stuck/',
    verdict: 'BROKEN',
    hop: ['application', 'PTL911', /accepts no connection/],
    sees: /then nothing comes back/,
  },
  {
    fault: 'a slow one',
    to: 'http://good/delay?ms=300',
    verdict: 'DELIVERED',
    hop: ['application', '', /slow: HTTP 200, first byte after 3\d\d/],
  },
  {
    fault: 'a very slow one',
    to: 'http://good/delay?ms=5000',
    verdict: 'UNDETERMINED',
    hop: ['application', '', /has not answered after 500 ms/],
  },
  {
    fault: 'one of two Pods',
    to: 'http://pair/',
    verdict: 'PARTIAL',
    hop: ['socket', 'PTL902', /127\.0\.0\.1:8080 only/],
    sees: /refused/,
  },
]

const reason = missing('nft')

describe.skipIf(reason !== undefined)(title('trace on a running network', reason), () => {
  let machine: Machine

  beforeAll(async () => {
    machine = await createMachine()
    await machine.up(MANIFEST, '--name', 'trace')
  })
  afterAll(() => machine?.close())

  async function traced(from: string, to: string): Promise<{ readonly trace: Trace; readonly code: number }> {
    const { stdout, stderr, code } = await machine.portolan('trace', from, to, '--name', 'trace', '--format', 'json')
    if (stdout === '') throw new Error(stderr)
    return { trace: JSON.parse(stdout), code }
  }

  test.each(ROWS)('$fault: $to', async ({ from = 'pod/client', to, verdict, hop, sees, fix, line }) => {
    const { trace, code } = await traced(from, to)
    expect(trace.verdict, JSON.stringify(trace, null, 1)).toBe(verdict)
    expect(code).toBe({ DELIVERED: 0, BROKEN: 1, PARTIAL: 4, UNDETERMINED: 5 }[verdict])
    const hops = trace.paths.flatMap((path) => path.hops)
    if (hop !== undefined) {
      const [kind, rule, text] = hop
      const fitting = hops.filter((one) => one.kind === kind && text.test(one.text))
      expect(
        fitting.map((one) => one.rule ?? ''),
        JSON.stringify(hops.filter((one) => one.kind === kind)),
      ).toContain(rule)
    }
    if (verdict === 'BROKEN' || verdict === 'PARTIAL') expect(trace.brokenAt).toBe(hop?.[0])
    expect(trace.symptom?.text ?? '').toMatch(sees ?? /^$/)
    if (fix !== undefined) expect(trace.fixes.map((one) => one.title).join('\n')).toMatch(fix)
    if (line !== undefined) {
      const places = trace.fixes.map(({ location }) => `${location?.file}:${location?.line}`)
      expect(places).toContain(`${MANIFEST}:${line}`)
    }
  })

  test('a foreign firewall in the Pod is named with its table', async () => {
    const wall =
      'add table inet wall; add chain inet wall in { type filter hook input priority 0; }; add rule inet wall in tcp dport 8080 drop'
    await machine.portolan('run', '--name', 'trace', '--from', 'pod/walled', '--', 'nft', wall)
    const { trace } = await traced('pod/client', 'http://walled/')
    expect([trace.verdict, trace.brokenAt]).toEqual(['BROKEN', 'pod'])
    const hop = trace.paths[0]?.hops[7]
    expect(hop?.rule).toBe('PTL908')
    expect(hop?.text).toMatch(
      /though a program listens there: dropped on pod\/default\/walled by inet wall, chain in, handle \d+: tcp dport 8080 drop/,
    )
    expect(trace.symptom?.errno).toBe('ETIMEDOUT')
  })

  test('a foreign firewall on the client’s node is named with its table', async () => {
    const wall =
      'add table ip wall; add chain ip wall pre { type filter hook prerouting priority -200; }; add rule ip wall pre tcp dport 80 reject with tcp reset'
    await machine.portolan('run', '--name', 'trace', '--from', 'node/node-2', '--', 'nft', wall)
    const { trace } = await traced('pod/client', 'http://good/')
    await machine.portolan('run', '--name', 'trace', '--from', 'node/node-2', '--', 'nft', 'delete table ip wall')
    expect([trace.verdict, trace.brokenAt]).toEqual(['BROKEN', 'service'])
    expect(trace.paths[0]?.hops[4]?.text).toMatch(
      /though the endpoints answer: refused on node-2 by ip wall, chain pre, handle \d+: tcp dport 80 reject/,
    )
  })

  test('--rules names the rules of the node as its kernel holds them', async () => {
    const { stdout } = await machine.portolan(
      'trace',
      'pod/client',
      'http://pair/',
      '--name=trace',
      '--rules',
      '--format=json',
    )
    const [outcome]: NonNullable<Trace['rules']> = JSON.parse(stdout).rules
    expect(outcome).toMatchObject({ outcome: 'translated', packet: expect.stringMatching(/^10\..*:80$/) })
    expect(outcome?.choices).toHaveLength(2)
    expect(outcome?.steps.map(({ hook, chain }) => `${hook} ${chain}`)).toEqual([
      'prerouting nat-prerouting',
      'prerouting services',
      'prerouting service-default/pair/tcp/',
    ])
    const from = `node/${outcome?.place}`
    const kernel = await machine.portolan('run', '--name', 'trace', '--from', from, '--', 'nft', 'list', 'ruleset')
    for (const { text } of outcome?.steps ?? []) expect(kernel.stdout).toContain(text)
    for (const choice of outcome?.choices ?? []) expect(kernel.stdout).toContain(choice.replace(':', ' . '))
  })

  test('--rules goes on from the load balancer to the nodes, and says where a packet ends', async () => {
    const through = await machine.portolan('trace', 'outside', 'svc/open:80', '--name', 'trace', '--rules')
    expect(through.stdout).toMatch(/rules of balancer[\s\S]*rules of node-1[\s\S]*masquerade[\s\S]*rules of node-2/)
    const ended = await machine.portolan('trace', 'outside', 'svc/ranges:80', '--name', 'trace', '--rules')
    expect(ended.stdout).toMatch(/@source-ranges drop\n.*@firewall-ips: .*\n {3}→ dropped\n/)
    expect(ended.stdout.trimEnd().split('\n').at(-1)).toMatch(/^BROKEN/)
    const wrong = await machine.portolan('trace', 'pod/client', 'http://good/', MANIFEST, '--rules')
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--rules shows the rules of a running network'),
    ])
  })

  test('a client that is not there is wrong use', async () => {
    const { code, stderr } = await machine.portolan('trace', 'pod/clinet', 'http://good/', '--name', 'trace')
    expect([code, stderr]).toEqual([2, 'portolan: there is no Pod clinet in namespace default: did you mean client?\n'])
  })
})
