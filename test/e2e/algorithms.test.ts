import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, missing, title, type Machine } from './network.ts'

const reason = missing()
const client = fileURLToPath(new URL('least-connections.mjs', import.meta.url))

describe.skipIf(reason !== undefined)(title('algorithms', reason), () => {
  let machine: Machine
  let stderr = ''
  beforeAll(async () => {
    machine = await createMachine()
    ;({ stderr } = await machine.up('--wait', 'test/e2e/fixtures/algorithms.yaml'))
  })
  afterAll(async () => {
    await machine.portolan('down')
    await machine.close()
  })

  test('one that is not known is warned of once, at its place', () => {
    const warnings = stderr.split('\n').filter((line) => line.includes('portolan.dev/algorithm]'))
    expect(warnings).toEqual([
      expect.stringMatching(/algorithms\.yaml:23:29: warning: Service hashed: .*"hash" is not known and ignored; use /),
    ])
  })

  test('least-connections: Pods whose connections have ended get the next ones', async () => {
    const { stdout } = await machine.inside('own', `${process.execPath} ${client}`)
    const [first, second]: readonly [readonly string[], readonly string[]] = JSON.parse(stdout)
    const open = (pods: readonly string[]): readonly number[] =>
      [...new Set(first)].map((pod) => pods.filter((other) => other === pod).length).sort((a, b) => b - a)
    const [most = 0, , fewest = 0] = open(first)
    // What opens before the count of the last one has come may be one too many.
    expect(most - fewest).toBeLessThanOrEqual(6)
    const toEnded = second.filter((pod) => pod === first[0]).length
    // In turn it would be a third.
    expect(toEnded / second.length).toBeGreaterThan(0.6)
  })
})
