import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, missing, NGINX, openHost, PORTOLAN, quote, USERS, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const UP = `${PORTOLAN} up ${NGINX} --name net --dns-upstream none`
const inTerminal = (command: string): string => `script --quiet --return --command ${quote(command)} /dev/null`

const NEVER_READY = `
apiVersion: v1
kind: Pod
metadata: { name: late }
spec: { containers: [{ name: late, image: late, envFrom: [{ configMapRef: { name: absent } }] }] }`

const SIGNALS: readonly NodeJS.Signals[] = LONG ? ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] : ['SIGINT', 'SIGKILL']

const reason = missing('script')

describe.skipIf(reason !== undefined).each(USERS)(`the terminal, as $name ${reason ?? ''}`, ({ user }) => {
  let host: TestHost
  let before: HostState
  beforeAll(async () => {
    host = await openHost(user)
    before = await host.state()
  })
  afterAll(() => host.close())

  const reach = async (): Promise<number> =>
    (await host.run('curl -s --max-time 5 http://127.0.0.1:30080/hostname')).code

  async function down(): Promise<void> {
    expect(await host.portolan('down', '--name', 'net')).toMatchObject({ code: 0 })
    expect(await host.differenceFrom(before)).toEqual([])
  }

  test('closed under a network: nothing is left', async () => {
    const terminal = await host.start(`exec ${inTerminal(UP)}`)
    await terminal.says('Ctrl-C stops it')
    await host.signal(terminal.pid, 'SIGKILL')
    await terminal.ended
    expect(await host.differenceFrom(before)).toEqual([])
  })

  test('closed after `up -d`: the network lives on, and `down` ends it', async () => {
    const terminal = await host.start(`exec ${inTerminal(`${UP} -d; echo detached; sleep 100`)}`)
    await terminal.says('detached')
    await host.signal(terminal.pid, 'SIGKILL')
    await terminal.ended
    expect(await reach()).toBe(0)
    await down()
  })

  test('not held by `up -d`: it ends with its shell', async () => {
    const { code, stdout } = await host.run(inTerminal(`${UP} -d`))
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('127.0.0.1:30080') })
    expect(await reach()).toBe(0)
    await down()
  })

  test('the shell of `up -d` dies: the network lives on', async () => {
    const shell = await host.start(`${UP} -d && echo detached && sleep 100; exit`)
    await shell.says('detached')
    await host.signal(shell.pid, 'SIGKILL')
    expect(await reach()).toBe(0)
    expect((await host.portolan('status', '--name', 'net')).stdout).toContain('nginx-pod')
    await host.run('kill $(pidof sleep)')
    await shell.ended
    await down()
  })

  test.each(SIGNALS)('`up -d` that waits is ended by %s', async (signal) => {
    const up = await host.start(
      `echo ${quote(NEVER_READY)} >${host.directory}/tmp/late.yaml
       exec ${PORTOLAN} up ${host.directory}/tmp/late.yaml --name net --dns-upstream none -d --wait=30s`,
    )
    await up.says('network net: ready')
    await host.signal(up.pid, signal)
    expect((await up.ended).code).toBe(signal === 'SIGKILL' ? 137 : 130)
    await host.run(`rm ${host.directory}/tmp/late.yaml`)
    expect(await host.differenceFrom(before)).toEqual([])
  })
})
