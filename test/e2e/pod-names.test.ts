/** What a Pod says of its names, its DNS and its ports of the node. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, title, type Machine } from './network.ts'

const reason = missing('getent', 'hostname', 'nft')

describe.skipIf(reason !== undefined)(title('names and ports of Pods', reason), () => {
  let machine: Machine
  const logs = async (pod: string, seen: RegExp): Promise<string> =>
    (
      await eventually(
        () => machine.portolan('logs', '--name', 'own', pod),
        ({ stdout }) => seen.test(stdout),
      )
    ).stdout
  const inside = async (from: string, line: string): Promise<string> =>
    (await machine.portolan('run', '--name', 'own', '--from', from, '--', 'sh', '-c', line)).stdout.trim()

  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('--name', 'own', join(CHECKOUT, 'test/e2e/fixtures/pod-names.yaml'))
  })
  afterAll(() => machine.close())

  test('hostname, subdomain, dnsConfig, hostAliases', async () => {
    const text = await logs('named', /alias/)
    expect(text.split('\n')).toEqual([
      'own.sub.default.svc.cluster.local',
      'search default.svc.cluster.local svc.cluster.local cluster.local corp.example',
      'nameserver 10.96.0.53',
      'nameserver 192.0.2.1',
      'nameserver 192.0.2.2',
      'options ndots:2',
      '# Kubernetes-managed hosts file.',
      '127.0.0.1\tlocalhost',
      expect.stringMatching(/^::1\tlocalhost/),
      ...Array.from({ length: 4 }, () => expect.stringMatching(/^fe00::/)),
      expect.stringMatching(/^10\.244\.\d+\.\d+\town\.sub\.default\.svc\.cluster\.local\town$/),
      '',
      '# Entries added by HostAliases.',
      '192.0.2.9\talias\tother-alias',
      '',
    ])
  })

  test("dnsPolicy Default knows the nodes' names only, and says so at once", async () => {
    expect(await logs('default-names', /getent/)).toBe('nameserver 198.51.100.1\ngetent 2\n')
  })

  test('hostNetwork: name, address and ports of the node, and with ClusterFirstWithHostNet the names of the cluster', async () => {
    expect(await logs('on-host', /ndots/)).toMatch(
      /^node-2\nsearch default\.svc\.cluster\.local .*\nnameserver 10\.96\.0\.53\n/,
    )
    const answer = await eventually(
      () => inside('pod/published', 'curl -s http://on-host/'),
      (text) => text !== '',
    )
    expect(answer).toBe('192.168.1.101')
  })

  test.each([
    ['outside', 'curl -s 192.168.1.100:8080/hostname'],
    ['node/node-1', 'curl -s 192.168.1.100:8080/hostname'],
    ['node/node-1', 'curl -s 127.0.0.1:8080/hostname'],
    ['node/node-1', 'curl -s 127.0.0.1:8081/hostname'],
    ['node/node-2', 'curl -s 192.168.1.100:8080/hostname'],
    ['pod/published', 'curl -s 192.168.1.100:8080/hostname'],
    ['pod/named', 'curl -s 192.168.1.100:8080/hostname'],
  ])('hostPort, %s: %s', async (from, line) => expect(await inside(from, line)).toBe('published'))

  test('a hostPort of UDP; a hostIP is the only one; another node has none of it', async () => {
    const ask = `node -e 'const s = require("dgram").createSocket("udp4"); s.on("message", (m) => { console.log(String(m)); s.close() }); s.send("x", 5353, "192.168.1.100")'`
    expect(await inside('outside', `timeout 5 ${ask}`)).toMatch(/^pod\/published node\/node-1 10\.244\.1\.\d+:53 /)
    expect(await inside('outside', 'curl -s 192.168.1.100:8081; echo $?')).toBe('7')
    expect(await inside('outside', 'curl -s 192.168.1.101:8080; echo $?')).toBe('7')
  })

  test('rules of hostPorts that somebody flushes come back; live traces take them for our own', async () => {
    const ask = (): Promise<string> => inside('outside', 'curl -s -m 2 192.168.1.100:8080/hostname; true')
    const published = await ask()
    expect(published).not.toBe('')
    await inside('node/node-1', 'nft flush ruleset')
    await eventually(ask, (answer) => answer === published)
    expect(await ask()).toBe(published)
    const { stdout } = await machine.portolan('trace', '--name', 'own', 'outside', 'http://192.168.1.100:8080/')
    expect(stdout).not.toContain('portolan-host-ports')
  })

  test('nothing is left', async () => {
    expect((await machine.portolan('down', '--name', 'own')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
