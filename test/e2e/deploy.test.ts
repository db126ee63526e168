import { describe, expect, test } from 'vitest'
import { createMachine, missing, title } from './network.ts'

const reason = missing()

describe.skipIf(reason !== undefined)(title('deploy/', reason), () => {
  test('portolan check finds nothing in it, strictly', async () => {
    const machine = await createMachine()
    try {
      const { code, stdout } = await machine.portolan('check', 'deploy', '--strict', '-o', 'json')
      const { findings } = JSON.parse(stdout)
      expect([code, findings]).toEqual([0, []])
    } finally {
      await machine.close()
    }
  })
})
