import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ContainerSpec, RunningContainer } from '../../src/kubelet/container-runtime.ts'
import { startHostProgram, type HostProgramOptions } from '../../src/kubelet/host-program.ts'
import { eventually, folder, logOf, needsUnshare, skipUnless, specOf, unshareProgram } from './kubelet-spec.ts'

const reason = skipUnless(needsUnshare())
const options: HostProgramOptions = {
  workingDirectory: process.cwd(),
  environment: process.env,
  unshare: unshareProgram(),
}

function start(command: string, more: Partial<ContainerSpec> = {}): { child: RunningContainer; spec: ContainerSpec } {
  const spec = specOf({}, more)
  return { child: startHostProgram(command, spec, options), spec }
}

const seen = (spec: ContainerSpec, text: string): Promise<true> =>
  eventually(() => (logOf(spec).includes(text) ? true : undefined))

/** Processes on this machine whose command line has this text. */
function processesWith(text: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(text) && !line.includes('unshare'))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

describe.skipIf(reason !== undefined)(`host program${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test.each([
    ['exit 0', 0],
    ['exit 3', 3],
    ['no-such-program-here', 127],
    ['kill -KILL $$', 137],
    ['kill -SEGV $$', 139],
    ['kill -TERM $$', 143],
  ])('%s ends with %i', async (command, exitCode) => {
    expect(await start(command).child.exit).toEqual({ exitCode })
  })

  test('stdout and stderr are in the log, nothing is lost, and nothing else is there', async () => {
    const { child, spec } = start('seq 1 200000; echo end >&2')
    await child.exit
    const lines = logOf(spec).trimEnd().split('\n')
    expect([lines.length, lines[0], lines[199_999], lines[200_000]]).toEqual([200_001, '1', '200000', 'end'])
  })

  test('the log of a program that was killed holds what it wrote', async () => {
    const { child, spec } = start('echo before; kill -TERM $$')
    await child.exit
    expect(logOf(spec)).toBe('before\n')
  })

  test('it has the container environment, the working directory, and files and a host name of its own', async () => {
    const [resolvConf, hosts] = [join(folder, 'resolv.conf'), join(folder, 'hosts')]
    writeFileSync(resolvConf, 'nameserver 10.96.0.53\n')
    writeFileSync(hosts, '10.244.1.2 nginx-pod\n')
    const sandbox = { podIP: '10.244.1.2', hostIP: '192.168.1.100', hostname: 'nginx-pod', resolvConf, hosts }
    const command = 'cat /etc/resolv.conf /etc/hosts; uname -n; echo "$GREETING"; pwd; ls -d /proc/[0-9]* | wc -l'
    const { child, spec } = start(command, { sandbox, env: () => ({ GREETING: 'ahoy' }) })
    const { notes } = await child.started
    await child.exit
    const lines = logOf(spec).trimEnd().split('\n')
    expect(notes).toEqual([])
    expect(lines.slice(0, 5)).toEqual([
      'nameserver 10.96.0.53',
      '10.244.1.2 nginx-pod',
      'nginx-pod',
      'ahoy',
      process.cwd(),
    ])
    expect(Number(lines[5])).toBeLessThan(8)
    expect(hostname()).not.toBe('nginx-pod')
    expect(readFileSync('/etc/hosts', 'utf8')).not.toContain('10.244.1.2')
  })

  test('SIGTERM reaches the program, whose exit code counts', async () => {
    const { child, spec } = start("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
    await seen(spec, 'ready')
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ exitCode: 7 })
    expect(logOf(spec)).toBe('ready\nbye\n')
  })

  test('SIGTERM ends a program without a handler, also before it has begun', async () => {
    const { child } = start('exec sleep 600')
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ exitCode: 143 })
  })

  test('SIGTERM also reaches what a shell without a handler started', async () => {
    const inner = `trap 'echo inner bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done`
    const { child, spec } = start(`sh -c "${inner}" & wait; :`)
    await seen(spec, 'ready')
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ exitCode: 143 })
    expect(logOf(spec)).toMatch(/\ninner bye\n$/)
  })

  test('SIGKILL ends it and its grandchildren, also those in a session of their own', async () => {
    const { child, spec } = start('trap "" TERM; setsid sleep 611.5 & sleep 612.5 & echo ready; wait')
    await seen(spec, 'ready')
    await eventually(() => (processesWith('611.5').length > 0 ? true : undefined))
    child.kill('SIGKILL')
    expect(await child.exit).toEqual({ exitCode: 137, signal: 9 })
    await eventually(() => (processesWith('611.5').length + processesWith('612.5').length === 0 ? true : undefined))
  })

  test('what it leaves running ends with it', async () => {
    const { child } = start('setsid sleep 613.5 & sleep 0.1; exit 0')
    expect(await child.exit).toEqual({ exitCode: 0 })
    await eventually(() => (processesWith('613.5').length === 0 ? true : undefined))
  })

  test('it does not ignore SIGINT, as a background job of sh would', async () => {
    expect(await start('sh -c "kill -INT \\$\\$; sleep 600"').child.exit).toEqual({ exitCode: 130 })
  })
})

describe('host program that cannot have namespaces', () => {
  test('runs without them and says so', async () => {
    const refused = { ...options, unshare: '/no/such/unshare' }
    const spec = specOf({}, { env: () => ({ GREETING: 'ahoy' }) })
    const child = startHostProgram('echo "$GREETING"; exit 5', spec, refused)
    const { notes } = await child.started
    expect(notes).toEqual([expect.stringMatching(/^runs without mount, UTS and PID namespaces.*ENOENT/)])
    expect(await child.exit).toEqual({ exitCode: 5 })
    expect(logOf(spec)).toBe('ahoy\n')
  })

  test('SIGTERM ends all of it', async () => {
    const child = startHostProgram('sleep 614.5 & sleep 614.5', specOf({}), { ...options, unshare: 'false' })
    await child.started
    child.kill('SIGTERM')
    expect(await child.exit).toEqual({ exitCode: 143, signal: 15 })
    await eventually(() => (processesWith('614.5').length === 0 ? true : undefined))
  })

  test('a working directory that is gone is a start error', async () => {
    const child = startHostProgram('true', specOf({}), { ...options, workingDirectory: '/no/such/folder' })
    expect(await child.exit).toEqual({
      exitCode: 128,
      reason: 'StartError',
      message: 'the working directory /no/such/folder does not exist',
    })
  })
})
