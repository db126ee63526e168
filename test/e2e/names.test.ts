/** Names and files as programs inside see them. The network is that of fixtures/names.yaml. */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine, type Outcome } from './network.ts'

const reason = missing('dig', 'getent')
const UPSTREAM_PORT = 5300

describe.skipIf(reason !== undefined)(title('names', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('test/e2e/fixtures/names.yaml')
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  /** `NOERROR` and the records, `NAME TYPE DATA` each, sorted. */
  const ask = async (from: string, question: string): Promise<readonly string[]> => {
    const { stdout } = await machine.inside(from, `dig +search +tries=1 +time=5 ${question}`)
    const status = /status: (\w+)/.exec(stdout)?.[1] ?? stdout
    const answer = /;; ANSWER SECTION:\n((?:.+\n)*)/.exec(stdout)?.[1] ?? ''
    const records = answer.trim().split('\n').filter(Boolean)
    return [status, ...records.map((line) => line.replace(/\.?\s+\d+\s+IN\s+/, ' ').replaceAll(/\s+/g, ' ')).toSorted()]
  }

  test('why says of an address of the network what the server says, and of others that it is asked elsewhere', async () => {
    const why = async (address: string): Promise<string> => (await machine.portolan('dns', 'why', address)).stdout
    expect((await ask('own', '-x 10.96.0.99'))[0]).toBe('NXDOMAIN')
    expect(await why('10.96.0.99')).toContain('99.0.96.10.in-addr.arpa.  NXDOMAIN')
    expect(await why('192.0.2.1')).toContain(
      '1.2.0.192.in-addr.arpa. is no name of the cluster: no server upstream gave an answer',
    )
  })

  describe('questions', () => {
    const suffix = 'svc.cluster.local'
    test.for<readonly [string, string, ...string[]]>([
      ['own', 'web', 'NOERROR', `web.default.${suffix} A 10.96.0.10`],
      ['pod/shop/web', 'web', 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['own', 'web.shop', 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['own', 'web.shop.svc', 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['own', `web.shop.${suffix}`, 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['node/node-2', `web.shop.${suffix}.`, 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['own', `+tcp web.shop.${suffix}`, 'NOERROR', `web.shop.${suffix} A 10.96.0.20`],
      ['own', 'db', 'NOERROR', `db.default.${suffix} A 10.244.1.2`, `db.default.${suffix} A 10.244.2.2`],
      ['own', 'db-1.db', 'NOERROR', `db-1.db.default.${suffix} A 10.244.2.2`],
      ['own', '_http._tcp.web SRV', 'NOERROR', `_http._tcp.web.default.${suffix} SRV 0 100 80 web.default.${suffix}.`],
      [
        'own',
        '_postgres._tcp.db SRV',
        'NOERROR',
        `_postgres._tcp.db.default.${suffix} SRV 0 50 5432 db-0.db.default.${suffix}.`,
        `_postgres._tcp.db.default.${suffix} SRV 0 50 5432 db-1.db.default.${suffix}.`,
      ],
      [
        'own',
        'alias',
        'NOERROR',
        `alias.default.${suffix} CNAME web.shop.${suffix}.`,
        `web.shop.${suffix} A 10.96.0.20`,
      ],
      ['own', '-x 10.96.0.20', 'NOERROR', `20.0.96.10.in-addr.arpa PTR web.shop.${suffix}.`],
      ['own', `web.default.${suffix}. AAAA`, 'NOERROR'],
      ['own', `nosuch.default.${suffix}.`, 'NXDOMAIN'],
      ['own', `web.nosuch.${suffix}.`, 'NXDOMAIN'],
      ['own', 'example.com.', 'SERVFAIL'],
      ['outside', `web.default.${suffix}.`, 'NXDOMAIN'],
    ])('from %s: %s', async ([from, question, ...expected]) => {
      expect(await ask(from, question)).toEqual(expected)
    })
  })

  test.for([
    [`kube-dns.kube-system:9153/metrics`, /^coredns_dns_responses_total\{.*rcode="NOERROR"\} [1-9]/m],
    [
      'kube-dns.kube-system:9153/metrics',
      /^coredns_kubernetes_dns_programming_duration_seconds_count\{service_kind="headless_with_selector"\} [1-9]/m,
    ],
    ['192.168.1.1:9153/metrics', /^coredns_dns_responses_total\{/m],
    ['192.168.1.1:9153/metrics', /^portolan_dns_upstream_down\{server="dns:\/\/:53"\} 0$/m],
    ['192.168.1.1:8080/health', /^OK 200$/],
    ['192.168.1.1:8181/ready', /^OK 200$/],
    ['192.168.1.1:8181/health', /^ 404$/],
  ] as const)('where CoreDNS tells how it is: %s', async ([place, text]) => {
    const ask = async (): Promise<string> =>
      (await machine.inside('pod/shop/web', `curl -s -m 5 -w ' %{http_code}' http://${place}`)).stdout
    expect(await eventually(ask, (found) => text.test(found))).toMatch(text)
  })

  test('the log shows the questions of a Pod while it is looked at', async () => {
    const log = machine.start([PORTOLAN, 'dns', 'log', '--from', 'shop/web', 'web.shop', 'com'])
    const output = async (): Promise<string> => log.output()
    await eventually(output, (text) => text.includes('Ctrl-C'))
    await ask('own', 'web.shop.svc.cluster.local.')
    for (const question of ['web.shop.svc.cluster.local.', 'nosuch.', '+tcp example.com.'])
      await ask('pod/shop/web', question)
    await eventually(output, (text) => text.includes('SERVFAIL'))
    log.signal('SIGINT')
    const { code, stdout } = await log.ended
    const line = /^(\S+) \S+ - \d+ "(.*) \d+ (?:true|false) \d+" (\S+) .* 0\.\d{6}s ?(.*)$/
    expect([
      code,
      ...stdout
        .trim()
        .split('\n')
        .map((text) => line.exec(text)?.slice(1)),
    ]).toEqual([
      0,
      ['shop/web', 'A IN web.shop.svc.cluster.local. udp', 'NOERROR', '10.96.0.20'],
      ['shop/web', 'A IN example.com. tcp', 'SERVFAIL', ''],
    ])
    expect(await machine.portolan('dns', 'log', '--from', 'shop/nobody')).toMatchObject({ code: 2 })
  })

  test('the log ends where nobody reads it any more', async () => {
    let isOver = false
    const log = machine.start(['sh', '-c', `"${PORTOLAN}" dns log | head -n 1`])
    const ended = log.ended.finally(() => (isOver = true))
    const again = async (): Promise<boolean> => {
      await ask('own', 'web.shop.svc.cluster.local.')
      return isOver
    }
    expect(await eventually(again, Boolean)).toBe(true)
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^.*"A IN web\.shop\..*\n$/) })
  })

  test('the log ends with its network', async () => {
    await machine.portolan('up', '-d', '--name', 'brief', 'test/e2e/fixtures/names.yaml')
    const log = machine.start([PORTOLAN, 'dns', 'log', '--name', 'brief'])
    await eventually(
      async () => log.output(),
      (text) => text.includes('Ctrl-C'),
    )
    await machine.portolan('down', '--name', 'brief')
    const { code, stderr } = await log.ended
    expect([code, stderr.split('\n')[1]]).toEqual([0, 'network brief has ended'])
  })

  test.for(['nosuch', 'nosuch.shop', 'example.com'])('a name that nobody has fails at once: %s', async (name) => {
    const { code, stdout, stderr } = await machine.inside('own', `curl -sS -m 5 -w '%{time_total}' http://${name}/`)
    expect([code, stderr]).toEqual([6, `curl: (6) Could not resolve host: ${name}\n`])
    expect(Number(stdout)).toBeLessThan(1)
  })

  test('other names go to the server that --dns-upstream names', async () => {
    const upstream = machine.start([process.execPath, 'test/e2e/upstream.mjs', String(UPSTREAM_PORT)])
    await eventually(
      async () => upstream.output(),
      (text) => text.includes('ready'),
    )
    const hosts = join(machine.folder, 'hosts')
    writeFileSync(hosts, '192.0.2.9 fixed.test\n')
    const other = ['--name', 'other', '--dns-upstream', `127.0.0.1:${UPSTREAM_PORT}`, '--dns-hosts', hosts]
    const { code } = await machine.portolan('up', 'test/e2e/fixtures/names.yaml', '-d', '--dns-search-path', ...other)
    expect(code).toBe(0)
    const inPod = ['run', '--name', 'other', '--from', 'pod/shop/web', '--', 'dig', '+noall', '+answer', '+search']
    // Another name than below, where answers have their whole TTL.
    const { stdout: forwarded } = await machine.portolan('dns', 'why', 'why.test', '--name', 'other')
    expect(forwarded).toMatch(/why\.test\. +found \(forwarded, \d+ ms\)\n +why\.test\. 60 IN A 192\.0\.2\.7/)
    expect(forwarded).not.toContain('does not answer')
    const found = await machine.portolan(...inPod, 'example.com', 'fixed.test')
    // One answer to the first name of the search path, as the server has walked it.
    expect(found.stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))).toEqual([
      'example.com.shop.svc.cluster.local. 60 IN CNAME example.com.',
      'example.com. 60 IN A 192.0.2.7',
      'fixed.test.shop.svc.cluster.local. 30 IN CNAME fixed.test.',
      'fixed.test. 30 IN A 192.0.2.9',
      '',
    ])
    const { stdout } = await machine.portolan('run', '--name', 'other', '--', 'getent', 'ahostsv4', 'example.com')
    expect(stdout).toMatch(/^192\.0\.2\.7 +STREAM example\.com\n/)
    const outside = await machine.portolan(
      'run',
      '--name',
      'other',
      '--from',
      'outside',
      '--',
      'getent',
      'hosts',
      'example.com',
    )
    expect(outside.stdout).toMatch(/^192\.0\.2\.7 +example\.com\n/)
    // The first network goes on without one.
    expect(await ask('own', 'example.com.')).toEqual(['SERVFAIL'])
    await machine.portolan('down', '--name', 'other')
    upstream.signal('SIGTERM')
    await upstream.ended
  })

  describe('files', () => {
    const clusterResolver = (namespace: string): string =>
      `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.53\noptions ndots:5\n`
    test.for([
      ['own', '/etc/resolv.conf', clusterResolver('default')],
      ['pod/shop/web', '/etc/resolv.conf', clusterResolver('shop')],
      ['node/node-1', '/etc/resolv.conf', clusterResolver('default')],
      ['outside', '/etc/resolv.conf', 'nameserver 198.51.100.1\n'],
    ] as const)('from %s: %s', async ([from, path, expected]) => {
      expect((await machine.inside(from, `cat ${path}`)).stdout).toBe(expected)
    })

    test('/etc/hosts of a Pod has its address and names', async () => {
      const { stdout } = await machine.inside('pod/db-0', 'cat /etc/hosts; getent hosts db-0')
      expect(stdout).toMatch(/^127\.0\.0\.1\tlocalhost$/m)
      expect(stdout).toMatch(/^10\.244\.1\.2\tdb-0\.db\.default\.svc\.cluster\.local\tdb-0$/m)
      expect(stdout).toMatch(/^10\.244\.1\.2 +db-0\.db\.default\.svc\.cluster\.local db-0$/m)
    })

    test("the machine's own stay as they are", async () => {
      const { stdout } = await machine.sh('cat /etc/resolv.conf /etc/hosts')
      expect(stdout).toBe(['/etc/resolv.conf', '/etc/hosts'].map((path) => readFileSync(path, 'utf8')).join(''))
    })
  })

  describe('portolan run', () => {
    const run = (...args: readonly string[]): Promise<Outcome> => machine.portolan('run', ...args)
    test.for<readonly [string, readonly string[], number, RegExp]>([
      ["its exit code is the program's", ['--', 'sh', '-c', 'exit 42'], 42, /^$/],
      ['a program that a signal ended', ['--', 'sh', '-c', 'kill -TERM $$'], 143, /^$/],
      ['a program that is not there', ['--', 'no-such-program'], 127, /^portolan: no-such-program: no such program\n$/],
      ['a file that is no program', ['--', '/etc/passwd'], 126, /Permission denied/],
      [
        'a Pod that is not there',
        ['--from', 'pod/nosuch', '--', 'true'],
        2,
        /^portolan: there is no running Pod "default\/nosuch"\n$/,
      ],
      ['a node that is not there', ['--from', 'node/node-9', '--', 'true'], 2, /there are node-1, node-2\n$/],
      ['a place that is none', ['--from', 'foo', '--', 'true'], 2, /say outside, node\/NAME or pod\/NAME\n$/],
      ['no program', ['--from', 'outside'], 2, /missing required argument 'command'/],
      ['options of the program are its own', ['--', 'sh', '-c', 'exit "$2"', 'sh', '--name', '7'], 7, /^$/],
      ['also without --', ['true', '--from', 'foo'], 0, /^$/],
    ])('%s', async ([, args, code, words]) => {
      const outcome = await run(...args)
      expect(outcome.stderr).toMatch(words)
      expect(outcome.code).toBe(code)
    })

    test("it has the caller's folder, environment, files and input", async () => {
      const inside = ['run', '--name', basename(CHECKOUT), '--', 'sh', '-c', 'pwd; echo $COLOUR; cat']
      const { stdout } = await machine.exec([PORTOLAN, ...inside], {
        input: 'hello\n',
        folder: machine.folder,
        environment: { COLOUR: 'blue' },
      })
      expect(stdout).toBe(`${machine.folder}\nblue\nhello\n`)
    })
  })
})
