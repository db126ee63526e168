/** A network with a second, IPv6 range, and the Services of fixtures/dual-stack.yaml. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing('bash', 'dig', 'kubectl')
const [A, B] = ['fd00:10:244:1::2', 'fd00:10:244:2::2']
const [NODE_1, NODE_2] = ['fd00:192:168:1::64', 'fd00:192:168:1::65']
const DUAL = ['--service-cidr', '10.96.0.0/12,fd00:10:96::/108']

const who = (url: string, options = ''): string => `curl -gsS -m 5 ${options} '${url}/hostname'`
const source = (url: string): string => `curl -gsS -m 5 '${url}/clientip' | sed 's/:[0-9]*$//'`
const twice = (line: string): string => `${line}; ${line}`
const datagram = (host: string, port: number): string =>
  `timeout 5 bash -c 'exec 3<>/dev/udp/${host}/${port}; echo hello >&3; head -n1 <&3'`

describe.skipIf(reason !== undefined)(title('dual stack', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('test/e2e/fixtures/dual-stack.yaml', ...DUAL)
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })
  const answers = async (from: string, line: string): Promise<readonly string[]> => {
    const { stdout, stderr } = from === 'host' ? await machine.sh(line) : await machine.inside(from, line)
    return `${stdout}${stderr}`.trim().split('\n')
  }
  const kubectl = async (command: string): Promise<string> => {
    const { stdout } = await machine.portolan('kubeconfig')
    return (
      await machine.sh(`kubectl ${command}`, { environment: { KUBECONFIG: stdout.trim(), HOME: machine.folder } })
    ).stdout
  }

  describe('each family by name, the Pods in turn', () => {
    test.for([
      ['prefer', '-6'],
      ['prefer', '-4'],
      ['require:8081', '-6'],
      ['require:8081', '-4'],
      ['six', '-6'],
      ['four', '-4'],
    ])('%s %s', async ([name, family]) => {
      expect((await answers('own', twice(who(`http://${name}`, family)))).toSorted()).toEqual(['a', 'b'])
    })

    test('a headless Service has the addresses of its Pods in both', async () => {
      const [aaaa, a] = [
        await answers('own', 'dig +short AAAA pods.default.svc.cluster.local'),
        await answers('own', 'dig +short A pods.default.svc.cluster.local'),
      ]
      expect(aaaa.toSorted()).toEqual([A, B])
      expect(a.toSorted()).toEqual(['10.244.1.2', '10.244.2.2'])
      expect(await answers('own', who('http://pods:8080', '-6'))).toEqual([expect.stringMatching(/^[ab]$/)])
    })

    test.for([
      ['four', '-6'],
      ['six', '-4'],
    ])('%s has no address for %s', async ([name, family]) => {
      expect((await machine.inside('own', who(`http://${name}`, family))).code).not.toBe(0)
    })

    test('cluster DNS answers over IPv6, reverse names too', async () => {
      expect(await answers('own', `dig +short @fd00:10:96::35 AAAA prefer.default.svc.cluster.local`)).toEqual([
        'fd00:10:96::80',
      ])
      expect(await answers('own', `dig +short @fd00:10:96::35 -x fd00:10:96::80`)).toEqual([
        'prefer.default.svc.cluster.local.',
      ])
      expect(await answers('own', 'grep nameserver /etc/resolv.conf')).toEqual([
        'nameserver 10.96.0.53',
        'nameserver fd00:10:96::35',
      ])
    })
  })

  describe('every frontend, and the source that the Pod sees', () => {
    test.for([
      ['the ClusterIP, from a Pod', 'pod/a', source('http://[fd00:10:96::80]'), [`[${A}]`, `[${NODE_1}]`]],
      ['the ClusterIP, from a node', 'node/node-2', source('http://[fd00:10:96::80]'), [`[${NODE_2}]`]],
      ['a nodePort, from outside', 'outside', source(`http://[${NODE_2}]:30080`), [`[${NODE_2}]`]],
      ['a nodePort, from a Pod', 'pod/b', source(`http://[${NODE_1}]:30080`), [`[${NODE_1}]`]],
      ['a nodePort, from the host', 'host', source('http://[::1]:30080'), [`[${NODE_1}]`]],
      [
        'a load-balancer address, from outside',
        'outside',
        source('http://[2001:db8:203:113::b]:8081'),
        [`[${NODE_1}]`, `[${NODE_2}]`],
      ],
      ['the same, from the host', 'host', source('http://127.6.0.11:8081'), [`[${NODE_1}]`, `[${NODE_2}]`]],
      [
        'externalTrafficPolicy Local keeps a client outside',
        'outside',
        source('http://[2001:db8:203:113::a]:8082'),
        ['[2001:db8:198:51::a]'],
      ],
      ['and the host', 'host', source('http://127.6.0.10:8082'), ['[2001:db8:198:51::1]']],
      ['a Pod directly', 'pod/a', source(`http://[${B}]:8080`), [`[${A}]`]],
    ] as const)('%s', async ([, from, line, expected]) => {
      expect([...new Set(await answers(from, twice(line)))].toSorted()).toEqual(expected)
    })

    test.for([
      ['the ClusterIP', 'own', datagram('fd00:10:96::80', 7)],
      ['a nodePort from outside', 'outside', datagram(NODE_2, 30007)],
      ['a nodePort from the host', 'host', datagram('::1', 30007)],
    ] as const)('UDP through %s', async ([, from, line]) => {
      const pods = (await answers(from, twice(line))).map(
        (answer) => /^pod\/(\w) .*: hello$/.exec(answer)?.[1] ?? answer,
      )
      expect(pods.toSorted()).toEqual(['a', 'b'])
    })

    test('the health of a node, of both families in both', async () => {
      for (const address of [`[${NODE_2}]`, '192.168.1.101']) {
        const [health = ''] = await answers('own', `curl -sS -m 5 -g http://${address}:10256/healthz`)
        expect(JSON.parse(health)).toMatchObject({ status: { IPv4: { healthy: true }, IPv6: { healthy: true } } })
      }
    })

    test('healthCheckNodePort answers on the IPv6 address', async () => {
      expect((await answers('outside', `curl -gsS -m 5 'http://[${NODE_1}]:32000'`)).join('')).toContain(
        '"localEndpoints": 1',
      )
    })
  })

  describe('what leads nowhere is refused at once', () => {
    test.for([
      ['a Service without endpoints', 'own', 'http://[fd00:10:96::99]'],
      ['another port of a Service', 'pod/a', 'http://[fd00:10:96::80]:81'],
      ['a load-balancer address that nobody has', 'outside', 'http://[2001:db8:203:113::99]'],
      ['a Pod from outside', 'outside', `http://[${A}]:8080`],
      ['an address outside the network, from a Pod', 'pod/a', 'http://[2001:db8:9::1]'],
      ['the same from outside', 'outside', 'http://[2001:db8:9::1]'],
    ])('%s', async ([, from, url]) => {
      const line = `curl -gsS -m 5 -o /dev/null -w '%{time_total}' '${url}'; echo " $?"`
      const [seconds, code] = (await answers(from ?? '', line))[0]?.split(' ') ?? []
      expect(code).toBe('7')
      expect(Number(seconds)).toBeLessThan(0.9)
    })
  })

  test('status shows both', async () => {
    const { stdout } = await machine.portolan('status')
    expect(stdout).toContain(`10.244.1.2, ${A} `)
    expect(stdout).toContain(`192.168.1.101, ${NODE_2}\n`)
  })

  test('kubectl shows both', async () => {
    expect(await kubectl(`get service require -o jsonpath='{.spec.ipFamilies} {.spec.ipFamilyPolicy}'`)).toBe(
      '["IPv6","IPv4"] RequireDualStack',
    )
    expect(await kubectl(`get pod a -o jsonpath='{.status.podIPs[*].ip} {.status.hostIPs[*].ip}'`)).toBe(
      `10.244.1.2 ${A} 192.168.1.100 ${NODE_1}`,
    )
    expect(await kubectl(`get node node-2 -o jsonpath='{.spec.podCIDRs} {.status.addresses[*].address}'`)).toBe(
      `["10.244.2.0/24","fd00:10:244:2::/64"] 192.168.1.101 ${NODE_2} node-2`,
    )
    const slices = await kubectl(
      `get endpointslices -l kubernetes.io/service-name=prefer -o jsonpath='{range .items[*]}{.addressType} {.endpoints[*].addresses[0]}{"\\n"}{end}'`,
    )
    expect(slices.trim().split('\n').toSorted()).toEqual([`IPv4 10.244.1.2 10.244.2.2`, `IPv6 ${A} ${B}`])
    expect(await kubectl('describe service prefer')).toMatch(/IPs: +10\.96\.0\.80,fd00:10:96::80/)
  })

  test('a Service becomes dual stack and single stack again while it runs', async () => {
    await kubectl(`patch service four -p '{"spec":{"ipFamilyPolicy":"PreferDualStack"}}'`)
    expect((await answers('own', twice(who('http://four', '-6')))).toSorted()).toEqual(['a', 'b'])
    await kubectl(`patch service four -p '{"spec":{"ipFamilyPolicy":"SingleStack"}}'`)
    expect((await machine.inside('own', who('http://four', '-6'))).code).not.toBe(0)
    expect((await answers('own', twice(who('http://four')))).toSorted()).toEqual(['a', 'b'])
  })
})

describe.skipIf(reason !== undefined)(title('IPv6 only', reason), () => {
  test('a network without IPv4', async () => {
    const machine = await createMachine()
    try {
      await machine.up('examples/nginx.yaml', '--service-cidr', 'fd00:10:96::/108')
      const inside = await machine.inside(
        'own',
        'curl -sS -m 5 http://nginx-clusterip:8080/hostname; ip -4 -o address show scope global',
      )
      expect(inside.stdout).toBe('nginx-pod\n')
      for (const place of ['127.0.0.1', '127.0.0.2', '[::1]']) {
        expect((await machine.sh(`curl -gsS -m 5 http://${place}:30080/hostname`)).stdout).toBe('nginx-pod\n')
      }
      const traced = await machine.portolan('trace', 'pod/nginx-pod', 'http://nginx-clusterip:8080/')
      expect([traced.code, traced.stdout]).toEqual([0, expect.stringContaining('DELIVERED')])
      await machine.portolan('down')
      expect(await machine.leftovers()).toEqual([])
    } finally {
      await machine.close()
    }
  })
})
