/** `portolan dns` as a program of its own, asked by dig. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CHECKOUT,
  createMachine,
  eventually,
  missing,
  PORTOLAN,
  title,
  type Background,
  type Machine,
} from './network.ts'

const reason = missing('dig')
const OBJECTS = 'test/e2e/fixtures/objects.json'
const WEB = 'web.shop.svc.cluster.local.'

describe.skipIf(reason !== undefined)(title('portolan dns', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
  })
  afterAll(async () => {
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  async function serve(...args: readonly string[]): Promise<Background> {
    const upstream = args.includes('--upstream') ? [] : ['--upstream', 'none']
    const server = machine.start([PORTOLAN, 'dns', ...upstream, ...args])
    const output = await eventually(
      async () => server.output(),
      (text) => text.includes('\n'),
    )
    expect(output).toContain(' at 127.0.0.')
    return server
  }

  async function end(server: Background, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    server.signal(signal)
    expect((await server.ended).code).toBe(0)
  }

  /** The answers, sorted, or the rcode. */
  async function ask(at: string, question: string): Promise<readonly string[]> {
    const { stdout } = await machine.sh(`dig +tries=1 +time=5 @${at} ${question}`)
    const status = /status: (\w+)/.exec(stdout)?.[1] ?? stdout
    const answer = /;; ANSWER SECTION:\n((?:.+\n)*)/.exec(stdout)?.[1] ?? ''
    const records = answer.trim().split('\n').filter(Boolean)
    return [status, ...records.map((line) => line.replaceAll(/\s+/g, ' ')).toSorted()]
  }

  describe('with the defaults', () => {
    let server: Background
    beforeAll(async () => {
      server = await serve('--objects', OBJECTS)
    })
    afterAll(() => end(server))

    test.for<readonly [string, string, ...string[]]>([
      [WEB, 'NOERROR', `${WEB} 5 IN A 10.96.0.11`],
      [`+tcp ${WEB}`, 'NOERROR', `${WEB} 5 IN A 10.96.0.11`],
      [`+noedns ${WEB}`, 'NOERROR', `${WEB} 5 IN A 10.96.0.11`],
      [`${WEB} AAAA`, 'NOERROR'],
      ['nope.shop.svc.cluster.local.', 'NXDOMAIN'],
      ['data.svc.cluster.local.', 'NOERROR'],
      ['db-0.db.data.svc.cluster.local.', 'NOERROR', 'db-0.db.data.svc.cluster.local. 5 IN A 10.244.1.7'],
      [
        '_sql._tcp.db.data.svc.cluster.local. SRV',
        'NOERROR',
        '_sql._tcp.db.data.svc.cluster.local. 5 IN SRV 0 50 5432 10-244-2-8.db.data.svc.cluster.local.',
        '_sql._tcp.db.data.svc.cluster.local. 5 IN SRV 0 50 5432 db-0.db.data.svc.cluster.local.',
      ],
      ['-x 10.244.1.7', 'NOERROR', '7.1.244.10.in-addr.arpa. 5 IN PTR db-0.db.data.svc.cluster.local.'],
      ['127-0-0-1.shop.pod.cluster.local.', 'NOERROR', '127-0-0-1.shop.pod.cluster.local. 5 IN A 127.0.0.1'],
      ['example.test.', 'SERVFAIL'],
    ])('%s', async ([question, ...expected]) => {
      expect(await ask('127.0.0.1 -p 5300', question)).toEqual(expected)
    })
  })

  test('the options of the zone', async () => {
    const zone = ['--zone', 'Corp.Test.', '--ttl', '30', '--pods', 'insecure', '--namespace', 'shop', '--search-path']
    const server = await serve('--objects', OBJECTS, '--listen', '127.0.0.2:53', '127.0.0.3:5353', ...zone)
    const web = 'web.shop.svc.corp.test.'
    expect(await ask('127.0.0.2', web)).toEqual(['NOERROR', `${web} 30 IN A 10.96.0.11`])
    expect(await ask('127.0.0.3 -p 5353', web)).toEqual(['NOERROR', `${web} 30 IN A 10.96.0.11`])
    expect(await ask('127.0.0.2', 'db.data.svc.corp.test.')).toEqual(['NXDOMAIN'])
    expect(await ask('127.0.0.2', '10-1-2-3.shop.pod.corp.test.')).toEqual([
      'NOERROR',
      '10-1-2-3.shop.pod.corp.test. 30 IN A 10.1.2.3',
    ])
    // The address 127.0.0.1 is the Pod shop/me, whose search path goes on with svc.corp.test.
    expect(await ask('127.0.0.2 -b 127.0.0.1', 'web.shop.shop.svc.corp.test.')).toEqual([
      'NOERROR',
      `web.shop.shop.svc.corp.test. 30 IN CNAME ${web}`,
      `web.shop.svc.corp.test. 30 IN A 10.96.0.11`,
    ])
    await end(server, 'SIGINT')
  })

  test('files are read again when they change; what is wrong is said, and nothing is lost', async () => {
    const file = join(machine.folder, 'objects.json')
    const text = readFileSync(join(CHECKOUT, OBJECTS), 'utf8')
    writeFileSync(file, text)
    const server = await serve('--objects', file, '--listen', '127.0.0.4:53')
    const answer = (): Promise<readonly string[]> => ask('127.0.0.4', WEB)
    writeFileSync(file, text.replace('10.96.0.11', '10.96.0.99'))
    expect(await eventually(answer, ([, record]) => record?.endsWith('.99') === true)).toEqual([
      'NOERROR',
      `${WEB} 5 IN A 10.96.0.99`,
    ])
    writeFileSync(file, text.replace('"kind": "List"', '"kind": "List'))
    await eventually(
      async () => server.output(),
      (output) => output.includes('the objects stay as they were'),
    )
    expect(await answer()).toEqual(['NOERROR', `${WEB} 5 IN A 10.96.0.99`])
    await end(server)
  })

  test('other names: the next server where one does not answer, stub domains, hosts, a cache', async () => {
    const upstream = async (...args: readonly string[]): Promise<Background> => {
      const server = machine.start([process.execPath, 'test/e2e/upstream.mjs', ...args])
      await eventually(
        async () => server.output(),
        (text) => text.includes('ready'),
      )
      return server
    }
    const [first, second] = [await upstream('5301'), await upstream('5302', '192.0.2.8')]
    const hosts = join(machine.folder, 'hosts')
    writeFileSync(hosts, '192.0.2.9 fixed.test\n')
    const stub = ['--stub-domain', 'corp.test=127.0.0.1:5302', '--hosts', hosts]
    const ours = ['--objects', OBJECTS, '--listen', '127.0.0.6:53', '--search-path']
    const server = await serve(...ours, '--upstream', '127.0.0.1:5399', '127.0.0.1:5301', ...stub)
    const rows: readonly (readonly [string, string])[] = [
      ['a.test.', 'a.test. 60 IN A 192.0.2.7'],
      ['db.corp.test.', 'db.corp.test. 60 IN A 192.0.2.8'],
      ['fixed.test.', 'fixed.test. 30 IN A 192.0.2.9'],
    ]
    for (const [name, record] of rows) expect(await ask('127.0.0.6', name)).toEqual(['NOERROR', record])
    // Again, with a TTL that may have counted down.
    expect(await ask('127.0.0.6', 'a.test.')).toEqual(['NOERROR', expect.stringMatching(/^a\.test\. [56]\d IN A 192/)])
    // All of the search path of the Pod shop/me, in one round trip.
    expect(await ask('127.0.0.6 -b 127.0.0.1', 'b.test.shop.svc.cluster.local.')).toEqual([
      'NOERROR',
      'b.test. 60 IN A 192.0.2.7',
      'b.test.shop.svc.cluster.local. 60 IN CNAME b.test.',
    ])
    await end(server)
    for (const each of [first, second]) each.signal('SIGTERM')
    const asked = [await first.ended, await second.ended].map(({ stdout }) =>
      stdout.match(/(?<=asked )(?!.*invalid).*/g),
    )
    expect(asked).toEqual([['a.test', 'b.test'], ['db.corp.test']])
  })

  test('an upstream that leads back is told, and nothing goes round', async () => {
    const server = await serve('--objects', OBJECTS, '--listen', '127.0.0.7:53', '--upstream', '127.0.0.7:53')
    await eventually(
      async () => server.output(),
      (text) => text.includes('the upstream leads back to this server'),
    )
    expect(await ask('127.0.0.7', 'a.test.')).toEqual(['SERVFAIL'])
    expect(await ask('127.0.0.7', WEB)).toEqual(['NOERROR', `${WEB} 5 IN A 10.96.0.11`])
    await end(server)
  })

  test('why: of files, exit code 1 where there is no answer', async () => {
    const { code, stdout } = await machine.portolan('dns', 'why', 'db', '--from', 'shop/me', '--objects', OBJECTS)
    expect([code, stdout.split('\n').slice(-4)]).toEqual([
      1,
      ['', '  there is no Service shop/db; a Service db exists in namespace data', '    ask db.data', ''],
    ])
    const json = await machine.portolan('dns', 'why', '10.96.0.11', '--objects', OBJECTS, '-o', 'json')
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([0, { type: 'PTR', tries: [{ result: 'answer' }] }])
  })

  test('health, metrics and the query log', async () => {
    const watched = ['--monitor', '127.0.0.8:9153', '--log', 'shop/me']
    const server = await serve('--objects', OBJECTS, '--listen', '127.0.0.8:53', ...watched)
    const get = async (path: string): Promise<string> =>
      (await machine.sh(`curl -sS -w ' %{http_code}' http://127.0.0.8:9153/${path}`)).stdout
    expect([await get('health'), await get('ready'), await get('other')]).toEqual(['OK 200', 'OK 200', ' 404'])
    for (const question of [`-b 127.0.0.1 ${WEB}`, `-b 127.0.0.9 ${WEB}`, '+tcp nope.shop.svc.cluster.local. SRV']) {
      await ask('127.0.0.8', question)
    }
    const metrics = await get('metrics')
    const labels = 'server="dns://127.0.0.8:53",zone=".",view=""'
    for (const line of [
      `coredns_dns_requests_total{${labels},proto="udp",type="A"} 2`,
      `coredns_dns_requests_total{${labels},proto="tcp",type="SRV"} 1`,
      `coredns_dns_responses_total{${labels},rcode="NOERROR"} 2`,
      `coredns_dns_responses_total{${labels},rcode="NXDOMAIN"} 1`,
      `coredns_dns_response_size_bytes_count{${labels},proto="udp"} 2`,
      'portolan_dns_upstream_down{server="dns://127.0.0.8:53"} 0',
    ]) {
      expect(metrics).toContain(line)
    }
    await end(server)
    const line = /^(.*) - \d+ "(.*)" (.*) 0\.\d{6}s(.*)$/
    expect((await server.ended).stdout.split('\n').map((text) => line.exec(text)?.slice(1))).toEqual([
      ['shop/me 127.0.0.1', `A IN ${WEB} udp 67 false 1232`, 'NOERROR qr,aa,rd 71', ' 10.96.0.11'],
      ['shop/me 127.0.0.1', 'SRV IN nope.shop.svc.cluster.local. tcp 68 false 1232', 'NXDOMAIN qr,aa,rd 136', ''],
      undefined,
    ])
  })

  test('SIGTERM leaves it answering where that is wanted; the next one ends it', async () => {
    const server = await serve(
      '--objects',
      OBJECTS,
      '--listen',
      '127.0.0.8:53',
      '--monitor',
      '127.0.0.8:9153',
      '--lameduck',
      '60',
    )
    const get = async (path: string): Promise<string> =>
      (await machine.sh(`curl -sS -w ' %{http_code}' http://127.0.0.8:9153/${path}`)).stdout
    expect(await get('ready')).toBe('OK 200')
    server.signal('SIGTERM')
    expect(
      await eventually(
        () => get('ready'),
        (text) => text.endsWith('503'),
      ),
    ).toBe('lameduck 503')
    expect(await get('health')).toBe('OK 200')
    expect((await ask('127.0.0.8', WEB))[0]).toBe('NOERROR')
    await end(server)
    expect(await server.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('portolan dns: still answers for 60 s'),
    })
  })

  test('a port that is taken', async () => {
    const server = await serve('--objects', OBJECTS, '--listen', '127.0.0.5:53')
    const { code, stderr } = await machine.portolan('dns', '--objects', OBJECTS, '--listen', '127.0.0.5:53')
    expect([code, stderr.split('\n')]).toEqual([2, [expect.stringContaining('say another port with --listen'), '']])
    await end(server)
  })
})
