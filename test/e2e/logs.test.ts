/** kubectl logs with times, and kubectl attach. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing('kubectl')
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

describe.skipIf(reason !== undefined)(title('logs', reason), () => {
  let machine: Machine
  let environment: Record<string, string> = {}
  const kubectl = async (line: string): Promise<string> => {
    const { stdout, stderr } = await machine.sh(`kubectl ${line}`, { environment })
    return `${stdout}${stderr}`
  }
  beforeAll(async () => {
    machine = await createMachine()
    await machine.up('--name', 'logs', join(CHECKOUT, 'test/e2e/fixtures/logs.yaml'))
    environment = { KUBECONFIG: (await machine.portolan('kubeconfig', '--name', 'logs')).stdout.trim() }
    await eventually(
      () => kubectl('logs writer -c first'),
      (text) => text.includes('a line'),
    )
  })
  afterAll(() => machine.close())

  test('each line has the time at which it was written', async () => {
    const text = await kubectl('logs writer -c first --timestamps')
    expect(text).toMatch(new RegExp(`^${TIME} one\n${TIME} two\n${TIME} three\n${TIME} half a line\n$`))
    const [one = 0, , three = 0, half] = text.split('\n').map((line) => Date.parse(line.split(' ')[0] ?? ''))
    expect(three - one).toBeGreaterThanOrEqual(2000)
    expect(half).toBeGreaterThanOrEqual(three)
  })

  test('since a time, the last lines, the first bytes', async () => {
    const times = await kubectl('logs writer -c first --timestamps')
    const [, , third = ''] = times.split('\n').map((line) => line.split(' ')[0])
    expect(await kubectl(`logs writer -c first --since-time=${third}`)).toBe('three\nhalf a line\n')
    expect(await kubectl('logs writer -c first --since=1h')).toBe('one\ntwo\nthree\nhalf a line\n')
    expect(await kubectl('logs writer -c first --tail=1')).toBe('half a line\n')
    expect(await kubectl(`logs writer -c first --tail=3 --since-time=${third}`)).toBe('three\nhalf a line\n')
    expect(await kubectl('logs writer -c first --limit-bytes=5')).toBe('one\nt')
    expect(await kubectl('logs writer -c first --timestamps --limit-bytes=24')).toMatch(new RegExp(`^${TIME}$`))
    const recent = await eventually(
      () => kubectl('logs writer -c first --since=1s'),
      (text) => text === '',
    )
    expect(recent).toBe('')
  })

  test('all containers, each line with its origin', async () => {
    const text = await kubectl('logs writer --all-containers --prefix')
    expect(text).toContain('[pod/writer/first] two\n')
    expect(text).toContain('[pod/writer/second] second\n')
  })

  test('followed with times', async () => {
    const following = machine.start(['kubectl', 'logs', '-f', 'writer', '-c', 'second', '--timestamps'], {
      environment,
    })
    const wanted = new RegExp(`^${TIME} second\n$`)
    expect(
      await eventually(
        async () => following.output(),
        (text) => wanted.test(text),
      ),
    ).toMatch(wanted)
    following.signal('SIGTERM')
    await following.ended
  })

  test('portolan logs -f ends with the pipe that it writes to', async () => {
    const line = `"${PORTOLAN}" logs --name logs -f chatty | head -n 3`
    expect(await machine.sh(line)).toEqual({ code: 0, stdout: 'more\nmore\nmore\n', stderr: '' })
  })

  test('portolan logs -f writes to a file until Ctrl-C', async () => {
    const line = `exec "${PORTOLAN}" logs --name logs -f chatty > ${machine.folder}/followed`
    const following = machine.start(['sh', '-c', line])
    const lines = async (): Promise<number> => (await machine.sh(`cat ${machine.folder}/followed`)).stdout.length / 5
    // More pieces than one stream has listeners.
    const before = await eventually(lines, (count) => count > 0)
    await eventually(lines, (count) => count > before + 15)
    following.signal('SIGINT')
    expect(await following.ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('attach: input until its end, output as it comes', async () => {
    const attached = await kubectl("attach -i writer -c asking <<'END'\nhello\nmore\nEND")
    expect(attached).toMatch(/heard hello\nheard more\nend of input\n/)
    expect(await kubectl('logs writer -c asking')).toBe('heard hello\nheard more\nend of input\n')
  })

  test('attach to a terminal', async () => {
    expect(await kubectl("attach -i writer -c terminal <<'END'\nfirst\nquit\nEND")).toMatch(/seen first\r\n/)
    const code = `get pod writer -o jsonpath='{.status.containerStatuses[3].state.terminated.exitCode}'`
    const found = await eventually(
      () => kubectl(code),
      (text) => text !== '',
    )
    expect(found).toBe('3')
    expect(await kubectl('attach writer -c terminal')).toContain(
      'container terminal not found in pod writer: it does not run',
    )
  })

  test('nothing is left', async () => {
    expect((await machine.portolan('down', '--name', 'logs')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
