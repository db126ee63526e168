import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually, missing, title, type Background, type Outcome } from './network.ts'
import { createProxyNode, POD_1, POD_2, POD_3, type ProxyNode } from './proxy-node.ts'

const reason = missing('kubectl', 'nft', 'ip')

/** Milliseconds: a minute, where time is given. */
const AWAY = process.env['PORTOLAN_LONG'] === '1' ? 60_000 : 0

const CONFIGURATION = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
hostnameOverride: Node-1
mode: nftables
nodePortAddresses: [172.20.1.0/24]
ipvs: {strictARP: true}
`

/** In the layout of kube-proxy 1.36, for the one Service. */
const KUBE_PROXY = `table ip kube-proxy {
  chain service-web {
    meta l4proto tcp dnat ip addr . port to numgen random mod 2 map { 0 : ${POD_1} . 8080, 1 : ${POD_2} . 8080 }
  }
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.80 . tcp . 80 : goto service-web }; }
  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
  chain nat-prerouting { type nat hook prerouting priority -100; jump services; }
  chain nat-output { type nat hook output priority -100; jump services; }
}
`

describe.skipIf(reason !== undefined)(title('portolan proxy', reason), () => {
  let node: ProxyNode
  beforeEach(async () => {
    node = await createProxyNode()
  })
  afterEach(async () => {
    await node.machine.close()
  })

  async function serving(proxy: Background): Promise<void> {
    await eventually(
      async () => proxy.output(),
      (text) => text.includes('serving'),
    )
    expect(proxy.output()).toContain('portolan proxy: serving 3 Services on node-1')
  }

  /** Somebody else who has a port of this machine. */
  async function createServerOn({ machine }: ProxyNode, port: number): Promise<Background> {
    const script = `require('node:net').createServer().listen(${port}, () => console.log('ready'))`
    const server = machine.start([process.execPath, '-e', script])
    await eventually(
      async () => server.output(),
      (text) => text.includes('ready'),
    )
    return server
  }

  test('packets are balanced, changes are followed, and it says how it is', async () => {
    const preview = (name: string): Promise<Outcome> =>
      node.machine.portolan('proxy', '--kubeconfig', node.kubeconfig, '--node', name, '--dry-run')
    expect(await preview('node-1')).toMatchObject({ stdout: expect.stringContaining(`${POD_1} . 8080`), stderr: '' })
    expect((await preview('node-7')).stderr).toMatch(/^portolan proxy: the cluster has no Node "node-7": .*\n$/)
    expect(await node.nft('list tables')).toBe('')
    const proxy = node.startProxy()
    await serving(proxy)
    expect(await node.ask(4)).toEqual([POD_1, POD_2, POD_1, POD_2])
    await node.setEndpoints(POD_2, POD_3)
    await node.asksOnly(POD_2, POD_3)
    await node.setEndpoints()
    await eventually(
      () => node.ask(1),
      ([answer]) => answer === '-',
    )
    await node.setEndpoints(POD_1)
    await node.asksOnly(POD_1)
    const get = async (line: string): Promise<string> => (await node.machine.sh(`curl -s ${line}`)).stdout
    expect(await get('-o /dev/null -w "%{http_code}" localhost:10256/healthz')).toBe('200')
    expect(JSON.parse(await get("-g '[::1]:10256/livez'"))).toMatchObject({
      healthy: true,
      status: { IPv4: { healthy: true } },
    })
    expect(await get('localhost:10249/proxyMode')).toBe('nftables')
    const metrics = await get('localhost:10249/metrics')
    expect(metrics).toMatch(/^kubeproxy_sync_proxy_rules_duration_seconds_count\{ip_family="IPv4"\} [45]$/m)
    expect(metrics).toContain('kubeproxy_proxy_healthz_total{code="200"} 1\n')
    expect(metrics).toMatch(/^rest_client_requests_total\{code="200",host="127\.0\.0\.1:\d+",method="GET"\} \d+$/m)
    expect(metrics).toMatch(/^process_resident_memory_bytes \d{8,}$/m)
    proxy.signal('SIGTERM')
    expect((await proxy.ended).code).toBe(0)
    expect(await node.ask(1)).toEqual([POD_1])
    await node.nft('add table ip somebody')
    expect((await node.machine.portolan('proxy', '--cleanup')).code).toBe(0)
    expect(await node.nft('list tables')).toBe('table ip somebody\n')
  })

  test('a configuration of kube-proxy: nodePorts answer at the addresses that it names, also at those that come later', async () => {
    await node.kubectl('patch service web --type merge -p \'{"spec":{"type":"NodePort"}}\'')
    const nodePort = (await node.kubectl('get service web -o jsonpath={.spec.ports[0].nodePort}')).stdout
    const proxy = node.startProxyWith(CONFIGURATION)
    await serving(proxy)
    expect(proxy.output()).toContain('ipvs.strictARP is ignored')
    expect((await node.ask(2, `172.20.1.1:${nodePort}`)).toSorted()).toEqual([POD_1, POD_2])
    expect(await node.ask(1, `172.20.2.1:${nodePort}`)).toEqual(['-'])
    await node.machine.sh('ip addr add 172.20.1.77/24 dev c0')
    await eventually(
      () => node.ask(1, `172.20.1.77:${nodePort}`),
      ([answer]) => answer !== '-',
    )
    proxy.signal('SIGTERM')
    await proxy.ended
  })

  // Row 63 of kube-proxy's behaviour.
  test('a healthCheckNodePort: refused with an Event, tried again, answered, closed', async () => {
    const port = 31234
    const own = await createServerOn(node, port)
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: port }
    await node.kubectl(`patch service web --type merge -p '${JSON.stringify({ spec: local })}'`)
    const proxy = node.startProxy('--nodeport-addresses', '172.20.1.0/24')
    await serving(proxy)
    const refused = `healthCheckNodePort ${port} cannot be opened: 172.20.1.1:${port}: `
    const events = await eventually(
      () => node.kubectl('get events --field-selector reason=FailedToStartServiceHealthcheck').then((o) => o.stdout),
      (text) => text.includes(refused),
    )
    expect(events).toContain(refused)
    own.signal('SIGKILL')
    await own.ended
    const ask = (): Promise<string> =>
      node.machine.sh(`curl -si -m 2 http://172.20.1.1:${port}/any/path`).then(({ stdout }) => stdout)
    const answer = (status: number): Promise<string> =>
      eventually(ask, (text) => text.startsWith(`HTTP/1.1 ${status} `))
    await node.setEndpoints(POD_1)
    expect(await answer(503)).toContain('X-Load-Balancing-Endpoint-Weight: 0')
    await node.setEndpointsHere(POD_1, POD_2)
    const text = await answer(200)
    expect(text).toContain('X-Load-Balancing-Endpoint-Weight: 2')
    expect(text).toContain('Content-Type: application/json')
    expect(text).toContain('X-Content-Type-Options: nosniff')
    expect(JSON.parse(text.split('\r\n\r\n')[1] ?? '')).toEqual({
      service: { namespace: 'default', name: 'web' },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    })
    await node.kubectl(`patch service web --type merge -p '{"spec":{"externalTrafficPolicy":"Cluster"}}'`)
    expect(await eventually(ask, (closed) => closed === '')).toBe('')
    expect(proxy.output().split(refused)).toHaveLength(2)
    proxy.signal('SIGTERM')
    await proxy.ended
  })

  test('connection tracking: what is lower is raised, and what a namespace may not set is said', async () => {
    const proxy = node.startProxy(
      '--conntrack-max-per-core=1048576',
      '--conntrack-min=1000000000',
      '--conntrack-udp-timeout=1m30s',
      '--conntrack-udp-timeout-stream=1s',
      '--conntrack-tcp-be-liberal',
    )
    await serving(proxy)
    const output = await eventually(
      async () => proxy.output(),
      (text) => text.includes('connection tracking'),
    )
    expect(output).toMatch(
      /connection tracking is not set as it should be: net\.netfilter\.nf_conntrack_max is \d+ and not 1000000000 \(EACCES\)/,
    )
    const read = async (name: string): Promise<string> =>
      (await node.machine.sh(`cat /proc/sys/net/netfilter/nf_conntrack_${name}`)).stdout.trim()
    expect(await read('udp_timeout')).toBe('90')
    expect(Number(await read('udp_timeout_stream'))).toBeGreaterThan(1)
    expect(await read('tcp_timeout_close_wait')).toBe('3600')
    expect(await read('tcp_be_liberal')).toBe('1')
    proxy.signal('SIGTERM')
    await proxy.ended
  })

  test('a Service that cannot have its address is told so by an Event', async () => {
    const proxy = node.startProxy()
    await serving(proxy)
    await node.kubectl('patch service web --type merge -p \'{"spec":{"externalIPs":["192.0.2.7"]}}\'')
    await node.kubectl('create service clusterip z-late --tcp=80')
    await node.kubectl('patch service z-late --type merge -p \'{"spec":{"externalIPs":["192.0.2.7"]}}\'')
    const events = (): Promise<string> =>
      node.kubectl('get events --field-selector involvedObject.name=z-late').then(({ stdout }) => stdout)
    // One of the network itself, one of the proxy.
    await eventually(
      () => node.kubectl("get events -o jsonpath='{.items[*].source.component}'").then(({ stdout }) => stdout),
      (components) => components.includes('portolan-proxy'),
    )
    expect(await events()).toMatch(
      /Warning +AddressInUse +service\/z-late +192\.0\.2\.7:80\/TCP is Service default\/web's/,
    )
    proxy.signal('SIGTERM')
    await proxy.ended
  })

  test('an API server that is away: what is known is served, and what comes back is followed', {
    timeout: 180_000,
  }, async () => {
    const proxy = node.startProxy()
    await serving(proxy)
    await node.down()
    await eventually(
      async () => proxy.output(),
      (text) => text.includes('cannot be followed'),
    )
    expect(proxy.output()).toMatch(
      /the API server cannot be followed, and what is known of it stays: .*(broke off|ECONNREFUSED|no such file)/,
    )
    await new Promise((resolve) => setTimeout(resolve, AWAY))
    expect((await node.ask(4)).toSorted()).toEqual([POD_1, POD_1, POD_2, POD_2])
    // Nothing waits to be written: the proxy itself is well.
    expect((await node.machine.sh('curl -s -o /dev/null -w "%{http_code}" localhost:10256/healthz')).stdout).toBe('200')
    // Another server, with another certificate and a history of its own, behind the same kubeconfig.
    await node.up()
    await node.setEndpoints(POD_3)
    await node.asksOnly(POD_3)
    await eventually(
      async () => proxy.output(),
      (text) => text.includes('portolan proxy: the API server is back'),
    )
    expect(proxy.output()).toContain('portolan proxy: the API server is back')
    proxy.signal('SIGKILL')
  })

  test('killed and started again: nothing is written where nothing changed', async () => {
    const first = node.startProxy()
    await serving(first)
    expect(await node.ask(1)).toEqual([POD_1])
    first.signal('SIGKILL')
    await first.ended
    const finish = node.load()
    const writes = node.machine.start(['nft', 'monitor'])
    const second = node.startProxy()
    await serving(second)
    await node.nft('add table ip marker')
    await eventually(
      async () => writes.output(),
      (text) => text.includes('marker'),
    )
    expect(
      writes
        .output()
        .split('\n')
        .filter((line) => !/^$|marker|new generation/.test(line)),
    ).toEqual([])
    const { answers, failures } = await finish()
    expect(failures).toEqual([])
    expect(Object.keys(answers).toSorted()).toEqual([POD_1, POD_2])
    second.signal('SIGKILL')
    writes.signal('SIGTERM')
  })

  test("kube-proxy's rules: refused, then taken over without losing a connection", async () => {
    await node.machine.exec(['nft', '-f', '-'], { input: KUBE_PROXY })
    const refused = await node.machine.portolan('proxy', '--kubeconfig', node.kubeconfig, '--node', 'node-1')
    expect([refused.code, refused.stderr]).toEqual([
      3,
      'portolan: another service proxy has its rules here (table ip kube-proxy): stop it, then start with --take-over\n',
    ])
    const finish = node.load()
    await eventually(
      () => node.ask(1),
      ([answer]) => answer !== '-',
    )
    const proxy = node.startProxy('--take-over')
    await serving(proxy)
    await expect.poll(() => node.nft('list tables')).toBe('table ip portolan\n')
    for (const pods of [[POD_2], [POD_1, POD_2], [POD_1, POD_2, POD_3]]) await node.setEndpoints(...pods)
    await eventually(
      () => node.ask(4),
      (answers) => answers.includes(POD_3),
    )
    const { answers, failures } = await finish()
    expect(failures).toEqual([])
    expect(Object.keys(answers).toSorted()).toEqual([POD_1, POD_2, POD_3])
    proxy.signal('SIGKILL')
  })
})
