/** `portolan run` that is killed: its program ends with it, and what that one started. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing('pgrep')

describe.skipIf(reason !== undefined)(title('portolan run', reason), () => {
  let machine: Machine
  const sleeping = async (): Promise<number> => Number((await machine.sh('pgrep -cx sleep')).stdout)
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('--name', 'killed', join(CHECKOUT, 'examples/nginx.yaml'))
  })
  afterAll(() => machine.close())

  test.each([
    ['a client of its own', []],
    ['a Pod', ['--from', 'pod/nginx-pod']],
    ['a node', ['--from', 'node/node-1']],
  ])('from %s, by SIGKILL', async (_what, from) => {
    const command = [PORTOLAN, 'run', '--name', 'killed', ...from, '--', 'sh', '-c', 'sleep 1000 & exec sleep 1001']
    const running = machine.start(command)
    expect(await eventually(sleeping, (count) => count === 2)).toBe(2)
    running.signal('SIGKILL')
    await running.ended
    expect(await eventually(sleeping, (count) => count === 0)).toBe(0)
  })

  test('what a program leaves behind on purpose goes on when it ends by itself', async () => {
    const { code } = await machine.portolan(
      'run',
      '--name',
      'killed',
      '--',
      'sh',
      '-c',
      'sleep 1000 >/dev/null 2>&1 & exit 3',
    )
    expect(code).toBe(3)
    expect(await sleeping()).toBe(1)
    expect((await machine.portolan('down', '--name', 'killed')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
