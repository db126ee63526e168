/** Real packets through the Services of fixtures/services.yaml: Pod a on node-1, Pod b on node-2. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { beside, createMachine, eventually, missing, PORTOLAN, title, type Machine } from './network.ts'

const A = '10.244.1.2'
const B = '10.244.2.2'
const [NODE_1, NODE_2] = ['192.168.1.100', '192.168.1.101']
const reason = missing('bash')

/** A loop of `sh` over `command`. */
const times = (count: number, command: string): string =>
  `for i in ${Array.from({ length: count }, (_, i) => i).join(' ')}; do ${command}; done`
const who = (url: string): string => `curl -sS -m 5 ${url}/hostname`
/** One line an answer: `a 192.168.1.100`, who answered and the source address that it saw. */
const sources = (url: string): string =>
  `curl -sS -m 5 '${url}/?format=json' | sed -E 's/.*"pod":"([^"]*)".*"sourceAddress":"([^"]*)".*/\\1 \\2/'`
const datagram = (host: string, port: number, text = 'hello'): string =>
  `timeout 5 bash -c 'exec 3<>/dev/udp/${host}/${port}; echo ${text} >&3; head -n1 <&3'`

describe.skipIf(reason !== undefined)(title('Services', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('test/e2e/fixtures/services.yaml')
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  /** `host`: on the machine itself, outside the network. */
  const answers = async (from: string, line: string): Promise<readonly string[]> => {
    const { stdout, stderr } = from === 'host' ? await machine.sh(line) : await machine.inside(from, line)
    return `${stdout}${stderr}`.trim().split('\n')
  }

  describe('strict round robin: A B A B A B A B, or B A B A B A B A where the last one was A', () => {
    test.for([
      ['from a client inside, by name', 'own', who('http://web')],
      ['from a Pod, by name', 'pod/b', who('http://web')],
      ['through the nodePort of node-1, from the host', 'host', who('http://127.0.0.1:30080')],
      ['through the nodePort of node-2, from the host', 'host', who('http://127.0.0.2:30080')],
      ['through the nodePort of node-2, from outside', 'outside', who(`http://${NODE_2}:30080`)],
      ['through a load-balancer address from inside', 'own', who('http://203.0.113.20:443')],
    ] as const)('%s', async ([, from, line]) => {
      const order = await answers(from, times(8, line))
      const turn = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']
      expect(order).toEqual(order[0] === 'a' ? turn : turn.toReversed())
    })

    test('Services and ports that are used alternately do not disturb each other', async () => {
      const order = await answers(
        'own',
        times(4, `${who('http://web')}; ${who('http://other:81')}; ${who('http://other:82')}`),
      )
      for (const first of [0, 1, 2]) {
        const one = order.filter((_, i) => i % 3 === first)
        expect(['a b a b', 'b a b a']).toContain(one.join(' '))
      }
    })
  })

  describe('a Pod that reaches itself through its Service sees its node as the source', () => {
    test.for([
      ['pod/a', sources('http://only-a'), [`a ${NODE_1}`]],
      ['pod/b', sources('http://only-b'), [`b ${NODE_2}`]],
      ['pod/a', sources(`http://${NODE_1}:30081`), [`a ${NODE_1}`]],
      ['pod/a', sources(`http://${NODE_2}:30081`), [`a ${NODE_2}`]],
    ] as const)('%s: %s', async ([from, line, expected]) => {
      expect(await answers(from, line)).toEqual(expected)
    })
  })

  describe('the source of a connection', () => {
    test.for([
      ['through a ClusterIP a Pod keeps its own, on its node', 'pod/a', sources('http://only-a'), `a ${NODE_1}`],
      ['through a ClusterIP a Pod keeps its own, on another node', 'pod/a', sources('http://only-b'), `b ${A}`],
      ['directly a Pod keeps its own', 'pod/b', sources(`http://${A}:8080`), `a ${B}`],
      ['through a ClusterIP a node is a client like others', 'node/node-2', sources('http://only-a'), `a ${NODE_2}`],
      [
        'through a nodePort it is the node, on the same node',
        'outside',
        sources(`http://${NODE_1}:30081`),
        `a ${NODE_1}`,
      ],
      [
        'through a nodePort it is the node, on another node',
        'outside',
        sources(`http://${NODE_2}:30081`),
        `a ${NODE_2}`,
      ],
      ['from the host as from outside', 'host', sources('http://127.0.0.2:30081'), `a ${NODE_2}`],
    ] as const)('%s', async ([, from, line, expected]) => {
      expect(await answers(from, line)).toEqual([expected])
    })
  })

  describe('the load balancer is a hop: nodes in turn, and on each node the Pods in turn', () => {
    test.for([
      ['from outside', 'outside', 'http://203.0.113.20:443'],
      ['from the host', 'host', 'http://127.0.113.20:443'],
    ] as const)('%s', async ([, from, url]) => {
      const seen = await answers(from, times(8, sources(url)))
      const nodes = seen.map((line) => line.slice(2))
      expect(new Set(nodes)).toEqual(new Set([NODE_1, NODE_2]))
      expect(nodes).toEqual(nodes.map((_, i) => nodes[i % 2]))
      for (const node of [NODE_1, NODE_2]) {
        const pods = seen.filter((line) => line.endsWith(node)).map((line) => line.slice(0, 1))
        expect(['abab', 'baba']).toContain(pods.join(''))
      }
    })

    test('Pods and nodes take the short cut: no balancer chooses a node for them', async () => {
      expect(new Set(await answers('pod/b', times(4, sources('http://203.0.113.20:443'))))).toEqual(
        new Set([`a ${NODE_2}`, `b ${NODE_2}`]),
      )
    })
  })

  describe('a Service without endpoints refuses at once', () => {
    const refusal = (address: string): string =>
      `curl -sS -m 5 -o /dev/null -w '%{time_total}' http://${address}; echo " $?"`
    test.for([
      ['its ClusterIP', '10.96.0.99'],
      ['a nodePort', `${NODE_2}:30099`],
      ['its load-balancer address', '203.0.113.21'],
      ['an address that no Service has', '203.0.113.99'],
    ])('%s', async ([, address]) => {
      for (const from of ['own', 'pod/a', 'node/node-1', 'outside']) {
        const [seconds, code] = (await answers(from, refusal(address ?? '')))[0]?.split(' ') ?? []
        expect([from, code]).toEqual([from, '7'])
        expect(Number(seconds)).toBeLessThan(1)
      }
    })

    test.for(['127.0.0.1:30099', '127.0.0.2:30099', '127.0.113.21'])('from the host: %s', async (address) => {
      expect((await answers('host', refusal(address)))[0]).toMatch(/^0\.\d+ 7$/)
    })

    test('from the host: refused when the last endpoint goes, served when one comes', async () => {
      const kubectl = `kubectl --kubeconfig ${(await machine.portolan('kubeconfig')).stdout.trim()}`
      const codeBecomes = (wanted: number): Promise<unknown> =>
        eventually(
          () => machine.sh(who('http://127.0.0.1:30080')),
          ({ code }) => code === wanted,
        )
      expect(await machine.sh(`${kubectl} label --overwrite pod a b app=none`)).toMatchObject({ code: 0 })
      await codeBecomes(7)
      expect(await machine.sh(`${kubectl} label --overwrite pod a b app=ab`)).toMatchObject({ code: 0 })
      await codeBecomes(0)
    })

    test.for([
      ['own', '10.96.0.99', 53],
      ['own', NODE_2, 30098],
      ['outside', NODE_1, 30098],
      ['outside', '203.0.113.21', 53],
    ] as const)('by UDP, from %s: %s:%i', async ([from, address, port]) => {
      expect((await answers(from, datagram(address, port))).join()).toContain('Connection refused')
    })
  })

  describe('UDP', () => {
    test.for([
      ['by name', 'own', datagram('echo', 7)],
      ['through a nodePort', 'own', datagram(NODE_2, 30007)],
      ['through a nodePort from outside', 'outside', datagram(NODE_1, 30007)],
      ['from the host', 'host', datagram('127.0.0.1', 30007)],
      ['from the host by the other node', 'host', datagram('127.0.0.2', 30007)],
    ] as const)('%s, Pods in turn', async ([, from, line]) => {
      const pods = (await answers(from, times(4, line))).map((answer) => /^pod\/(\w) .*: hello$/.exec(answer)?.[1])
      expect(['abab', 'baba']).toContain(pods.join(''))
    })
  })

  describe('session affinity', () => {
    test.for([
      ['pod/a', 'http://sticky'],
      ['pod/b', 'http://sticky'],
      ['own', 'http://sticky'],
      ['outside', `http://${NODE_1}:30082`],
      ['host', 'http://127.0.0.1:30082'],
    ] as const)('from %s to %s: one Pod only', async ([from, url]) => {
      expect(new Set(await answers(from, times(4, who(url))))).toHaveLength(1)
    })

    test('several clients get different Pods', async () => {
      const first: string[] = []
      for (const _ of [1, 2]) first.push((await answers('own', who('http://sticky')))[0] ?? '')
      expect(first.toSorted()).toEqual(['a', 'b'])
    })
  })

  describe('what was passed on is counted', () => {
    const count = async (frontend: string, pod: string): Promise<number> => {
      const { stdout } = await machine.portolan('ports', '--traffic', '-o', 'json')
      const rows: { frontend: string; endpoint: string; node: string; connections: number }[] = JSON.parse(stdout)
      return rows
        .filter((row) => row.frontend === frontend && row.endpoint === `${pod}:8080` && row.node === 'node-1')
        .reduce((sum, { connections }) => sum + connections, 0)
    }

    test('by frontend and endpoint', async () => {
      const frontend = `${NODE_1}:30080`
      const before = [await count(frontend, A), await count(frontend, B)]
      await answers('outside', times(6, who(`http://${NODE_1}:30080`)))
      expect([await count(frontend, A), await count(frontend, B)]).toEqual(before.map((number) => number + 3))
    })

    test('as a table and for Prometheus', async () => {
      // The first look begins to count packets.
      await machine.portolan('ports', '--traffic')
      await answers('outside', times(2, who(`http://${NODE_1}:30080`)))
      const { stdout } = await machine.portolan('ports', '--traffic')
      expect(stdout).toMatch(/^SERVICE +FRONTEND +NODE +ENDPOINT +CONNECTIONS +SENT +RECEIVED\n/)
      expect(stdout).toMatch(
        /^default\/web +192\.168\.1\.100:30080 +node-1 +a 10\.244\.1\.2:8080 +\d+ +[1-9][\d.]* k?B +[1-9][\d.]* k?B$/m,
      )
      const config = (await machine.portolan('kubeconfig')).stdout.trim()
      const metrics = await machine.sh(`kubectl --kubeconfig ${config} get --raw /metrics`)
      expect(metrics.stdout).toMatch(
        /^portolan_service_connections_total\{node="node-1",namespace="default",service="web",port="",frontend="192\.168\.1\.100:30080",endpoint="10\.244\.1\.2:8080"\} \d+$/m,
      )
      expect((await machine.inside('pod/a', 'getent ahostsv4 web.default.svc.cluster.local.')).code).toBe(0)
      const after = await machine.sh(`kubectl --kubeconfig ${config} get --raw /metrics`)
      expect(after.stdout).toMatch(
        /^coredns_dns_requests_total\{server="dns:\/\/:53",zone="\.",view="",proto="udp",type="A"\} [1-9]/m,
      )
      expect(after.stdout).toMatch(/^coredns_cache_entries\{server="dns:\/\/:53".* \d+$/m)
    })
  })

  test('each node says how its rules are: health to everybody, metrics on the node itself', async () => {
    for (const from of ['own', 'outside']) {
      const [health = ''] = await answers(from, `curl -sS -m 5 http://${NODE_2}:10256/healthz`)
      expect(JSON.parse(health)).toMatchObject({
        nodeEligible: true,
        healthy: true,
        status: { IPv4: { healthy: true } },
      })
    }
    expect((await answers('own', `curl -sS -m 5 http://${NODE_2}:10249/metrics`)).join()).toMatch(/connect/)
    const metrics = await answers('node/node-2', 'curl -sS -m 5 http://127.0.0.1:10249/metrics')
    expect(metrics).toEqual(
      expect.arrayContaining([
        'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
        'kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv4"} 0',
        'kubeproxy_sync_proxy_rules_service_changes_pending 0',
        'kubeproxy_proxy_healthz_total{code="200"} 2',
      ]),
    )
    const count = metrics.find((line) => line.startsWith('kubeproxy_sync_proxy_rules_service_changes_total'))
    expect(Number(count?.split(' ')[1])).toBeGreaterThan(5)
  })

  test('a connection that is open stays with its Pod when the Pod leaves the Service', async () => {
    const kubectl = `kubectl --kubeconfig ${(await machine.portolan('kubeconfig')).stdout.trim()}`
    const client = machine.start([
      PORTOLAN,
      'run',
      '--',
      process.execPath,
      beside('open-connection.mjs'),
      'http://web/hostname',
    ])
    const [pod = ''] = (
      await eventually(
        async () => client.output(),
        (text) => text.includes('\n'),
      )
    ).split('\n')
    expect(await machine.sh(`${kubectl} label pod ${pod} app-`)).toMatchObject({ code: 0 })
    expect((await client.ended).stdout).toBe(`${pod}\nstill ${pod}\n`)
    expect(await machine.sh(`${kubectl} label pod ${pod} app=ab`)).toMatchObject({ code: 0 })
  })

  test('zones: a Service keeps to that of its clients as soon as the nodes have one', async () => {
    const config = (await machine.portolan('kubeconfig')).stdout.trim()
    const kubectl = async (line: string): Promise<void> =>
      expect(await machine.sh(`kubectl --kubeconfig ${config} ${line}`)).toMatchObject({ code: 0 })
    const zone = (node: string, value: string): Promise<void> =>
      kubectl(`label --overwrite node ${node} topology.kubernetes.io/zone${value}`)
    const prefer = (value: string): Promise<void> =>
      kubectl(`patch service web -p '{"spec":{"trafficDistribution":${value}}}'`)
    const reach = (...pods: readonly string[]): Promise<readonly string[]> =>
      eventually(
        () => answers('pod/a', times(4, who('http://web'))),
        (found) => [...new Set(found)].toSorted().join() === pods.join(),
      )
    await prefer('"PreferSameZone"')
    await Promise.all([zone('node-1', '=east'), zone('node-2', '=west')])
    await reach('a')
    await zone('node-1', '=west')
    await reach('a', 'b')
    await zone('node-1', '=east')
    await reach('a')
    await prefer('null')
    await reach('a', 'b')
    await Promise.all([zone('node-1', '-'), zone('node-2', '-')])
  })

  test('a Pod address is not reached from outside, and a Pod has no way out: both refused at once', async () => {
    expect((await machine.inside('outside', `curl -sS -m 5 http://${A}:8080`)).code).toBe(7)
    expect((await machine.inside('pod/a', 'curl -sS -m 5 http://192.0.2.1')).code).toBe(7)
  })
})
