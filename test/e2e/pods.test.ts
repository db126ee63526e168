/** Host programs in Pods: what they are given, what is kept of them, and how they end. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine, type Outcome } from './network.ts'

const reason = missing('getent', 'hostname')
const fixture = (name: string): string => join(CHECKOUT, 'test/e2e/fixtures', name)

describe.skipIf(reason !== undefined)(title('host programs', reason), () => {
  let machine: Machine
  /** In a folder of the machine, where the programs leave their files. */
  const portolan = (command: string, ...args: readonly string[]): Promise<Outcome> =>
    machine.exec([PORTOLAN, command, '--name', 'pods', ...args], {
      folder: machine.folder,
      environment: { COLOUR: 'blue' },
    })
  const up = (...args: readonly string[]): Promise<Outcome> => portolan('up', '-d', '--dns-upstream', 'none', ...args)
  const file = (name: string): string => {
    const path = join(machine.folder, name)
    return existsSync(path) ? readFileSync(path, 'utf8') : ''
  }
  const pod = async (name: string): Promise<Record<string, unknown> | undefined> => {
    const { pods } = JSON.parse((await portolan('status', '-o', 'json')).stdout) as { pods: Record<string, unknown>[] }
    return pods.find((one) => one['name'] === name)
  }
  const logs = async (seen: RegExp, ...args: readonly string[]): Promise<string> =>
    (
      await eventually(
        () => portolan('logs', ...args),
        ({ stdout }) => seen.test(stdout),
      )
    ).stdout

  beforeAll(async () => {
    machine = await createMachine()
    expect((await up(fixture('programs.yaml'))).code).toBe(0)
  })
  afterAll(() => machine.close())

  test("a program has the folder, files and environment of who called, and the Pod's names and addresses", async () => {
    const text = await logs(/to stderr/, 'told')
    expect(text.split('\n')).toEqual([
      'host name told-host',
      `folder ${machine.folder}`,
      'Pod told on node-2 with 10.244.2.2',
      'Service 10.96.0.30:80 tcp://10.96.0.30:80',
      'caller blue, container small',
      expect.stringMatching(/^processes [2-6]$/),
      'nameserver 10.96.0.53',
      expect.stringMatching(/^10\.244\.2\.2\s+told-host$/),
      expect.stringMatching(/^address 10\.96\.0\.30 +web-app\.default\.svc\.cluster\.local$/),
      'to stderr',
      '',
    ])
  })

  test('each container has its own log', async () => {
    expect(await logs(/second/, 'told', '-c', 'second')).toBe('second\n')
  })

  test('a program that ends is started again, then with back-off, and both logs are kept', async () => {
    const crashed = await eventually(
      () => pod('crash'),
      (found) => found?.['reason'] === 'CrashLoopBackOff',
    )
    expect(crashed).toMatchObject({ restarts: 1, ready: false, phase: 'Running', message: 'exit code 3' })
    expect((await portolan('logs', 'crash')).stdout).toBe('a run\n')
    expect((await portolan('logs', 'crash', '--previous')).stdout).toBe('a run\n')
  })

  test('a program that has done its work is left alone under restartPolicy Never', async () => {
    const done = await eventually(
      () => pod('task'),
      (found) => found?.['phase'] === 'Succeeded',
    )
    expect(done).toMatchObject({ phase: 'Succeeded', restarts: 0 })
    expect((await portolan('logs', 'task')).stdout).toBe('done\n')
  })

  test.for([
    [['nosuch'], 'portolan: there is no Pod "nosuch" in namespace default\n'],
    [['told', '-c', 'third'], 'portolan: Pod "told" has no container "third": it has first, second\n'],
    [['told', '--previous'], 'portolan: container "first" has not been restarted\n'],
    [['shop/told'], 'portolan: there is no Pod "told" in namespace shop\n'],
  ] as const)('logs %j says what is wrong', async ([args, words]) => {
    expect(await portolan('logs', ...args)).toEqual({ code: 2, stdout: '', stderr: words })
  })

  test('a removed Pod leaves its Services first, then gets SIGTERM, and at last SIGKILL', async () => {
    const started = await eventually(
      async () => file('stubborn.txt'),
      (text) => text !== '',
    )
    expect(started).not.toBe('')
    const { stderr } = await up(fixture('last.yaml'))
    expect(stderr).toContain('deleted Pod default/polite\n')
    // 7: refused, as by any Service without endpoints.
    expect(
      await eventually(
        async () => file('polite.txt'),
        (text) => text !== '',
      ),
    ).toBe('curl said 7\n')
    const left = await eventually(
      () => pod('stubborn'),
      (found) => found === undefined,
    )
    expect(left).toBeUndefined()
  })

  test('--run replaces what a container runs', async () => {
    // The options of a network are those of its first start.
    const start = [
      '--name',
      'runs',
      '-d',
      '--dns-upstream',
      'none',
      '--run',
      'backend=echo one of two; exec sleep infinity',
    ]
    expect((await machine.exec([PORTOLAN, 'up', ...start, join(CHECKOUT, 'examples/backend.yaml')])).code).toBe(0)
    const { stdout } = await machine.exec([PORTOLAN, 'status', '--name', 'runs'])
    expect(stdout.match(/^default\/backend-\S+ .* host-program$/gm)).toHaveLength(2)
    expect(stdout).toMatch(/^default\/frontend .* stand-in for example\.com\/frontend:1\.0$/m)
    const [, name = ''] = /^default\/(backend-\S+)/m.exec(stdout) ?? []
    const log = await eventually(
      () => machine.exec([PORTOLAN, 'logs', '--name', 'runs', name]),
      ({ stdout }) => stdout !== '',
    )
    expect(log.stdout).toBe('one of two\n')
    expect((await machine.exec([PORTOLAN, 'down', '--name', 'runs'])).code).toBe(0)
  })

  test('down lets programs end', async () => {
    expect(
      await eventually(
        async () => file('last.txt'),
        (text) => text !== '',
      ),
    ).toBe('ready\n')
    const { stdout } = await portolan('down')
    expect(stdout).toMatch(/^network pods removed: 2 nodes, 1 Pod, /)
    expect(file('last.txt')).toBe('ended\n')
    expect(await machine.leftovers()).toEqual([])
  })
})
