/** Names as getaddrinfo of two C libraries finds them inside of Pods. The network is that of fixtures/names.yaml. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing('gcc', 'musl-gcc')
const SOURCE = 'test/e2e/fixtures/resolve.c'
const WEB = '10.96.0.20'
const NO_NAME = { glibc: 'Name or service not known', musl: 'Name does not resolve' }

describe.skipIf(reason !== undefined)(title('getaddrinfo', reason), () => {
  let machine: Machine
  beforeAll(async () => {
    machine = await createMachine()
    for (const [library, compiler] of [['glibc', 'gcc'] as const, ['musl', 'musl-gcc -static'] as const]) {
      const { code, stderr } = await machine.sh(`${compiler} -o ${join(machine.folder, library)} ${SOURCE}`)
      expect([code, stderr]).toEqual([0, ''])
    }
    await machine.up('test/e2e/fixtures/names.yaml')
  })
  afterAll(async () => {
    await machine.portolan('down')
    const left = await machine.leftovers()
    await machine.close()
    expect(left).toEqual([])
  })

  test.for(['glibc', 'musl'] as const)('%s', async (library) => {
    const rows: readonly (readonly [string, ...string[]])[] = [
      // Its own name, by /etc/hosts.
      ['web', '10.244.1.3'],
      ['web.shop', WEB],
      ['web.shop.svc', WEB],
      ['web.shop.svc.cluster.local', WEB],
      ['web.shop.svc.cluster.local.', WEB],
      ['WEB.Shop', WEB],
      ['web.default', '10.96.0.10'],
      ['alias.default', WEB],
      ['db-1.db.default', '10.244.2.2'],
      ['db.default', '10.244.1.2', '10.244.2.2'],
      ['nosuch.default.svc.cluster.local.', NO_NAME[library]],
    ]
    const program = join(machine.folder, library)
    const lines = rows.map(([name]) => `echo ${name} $(${program} ${name} | sort)`)
    const { stdout } = await machine.inside('pod/shop/web', lines.join('; '))
    expect(stdout.trimEnd().split('\n')).toEqual(rows.map((row) => row.join(' ')))
  })
})
