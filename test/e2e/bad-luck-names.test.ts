import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { missing, NGINX, openHost, PORTOLAN, USERS, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const up = (name: string): string => `exec ${PORTOLAN} up ${NGINX} --name ${name} --dns-upstream none`

const reason = missing()

describe.skipIf(reason !== undefined).each(USERS)(`names and folders, as $name ${reason ?? ''}`, ({ user }) => {
  let host: TestHost
  let before: HostState
  beforeAll(async () => {
    host = await openHost(user)
    before = await host.state()
  })
  afterEach(async () => {
    const left = await host.differenceFrom(before)
    if (left.length > 0) await host.clear()
    expect(left).toEqual([])
  })
  afterAll(() => host.close())

  const down = (name: string): ReturnType<TestHost['portolan']> => host.portolan('down', '--name', name)

  test('`down` while the network starts', async () => {
    const network = await host.start(up('net'))
    await network.says('nodes')
    expect(await down('net')).toMatchObject({ code: 0, stdout: expect.stringContaining('network net removed') })
    expect(await network.ended).toMatchObject({ code: 0 })
  })

  test('`down` twice at once, and once more', async () => {
    const network = await host.start(up('net'))
    await network.says('Ctrl-C')
    const both = await Promise.all([down('net'), down('net')])
    for (const { code, stderr } of both) {
      expect(code === 0 || /has ended|no network named/.test(stderr), stderr).toBe(true)
    }
    expect(await network.ended).toMatchObject({ code: 0 })
    expect(await down('net')).toMatchObject({ code: 2, stderr: expect.stringContaining('no network named "net" runs') })
  })

  test('two networks at once: the second gets the next free ports, and says so', async () => {
    const networks = await Promise.all(['one', 'two'].map((name) => host.start(up(name))))
    await Promise.all(networks.map((network) => network.says('Ctrl-C')))
    const notes = networks.map((network) => network.output()).join('')
    // Between front and engine a descriptor is in no process: then only the user is visible; before the other one's Pod is
    // ready, nobody. Names: bad-luck-host-ports.
    expect(notes).toMatch(
      /127\.0\.0\.1:30080 is in use by (process \d+ \(node\)|a process of user \d+|a socket that does not listen, .*); it is at 127\.0\.0\.1:30081 instead/,
    )
    for (const port of [30080, 30081]) {
      expect((await host.run(`curl -s --max-time 5 http://127.0.0.1:${port}/hostname`)).stdout).toBe('nginx-pod\n')
    }
    await Promise.all(['one', 'two'].map(down))
    for (const network of networks) expect(await network.ended).toMatchObject({ code: 0 })
  })

  test('the same name twice at once: one starts it, the other applies to it', async () => {
    const both = await Promise.all([host.start(up('net')), host.start(up('net'))])
    const applied = await Promise.race(both.map((one) => one.ended))
    expect(applied).toMatchObject({ code: 0, stderr: expect.stringContaining('unchanged: 3') })
    await down('net')
    for (const one of both) expect(await one.ended).toMatchObject({ code: 0 })
  })

  test('`down` and `up` again, at once and often; the last ones after kill -9', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await host.run(`${up('net').slice(5)} -d`)).toMatchObject({ code: 0 })
      expect(await down('net')).toMatchObject({ code: 0 })
    }
    const first = await host.start(up('net'))
    await first.says('Ctrl-C')
    await host.signal(first.pid, 'SIGKILL')
    const next = await host.start(up('net'))
    await next.says('Ctrl-C')
    expect(await host.run('curl -s --max-time 5 http://127.0.0.1:30080/hostname')).toMatchObject({ code: 0 })
    expect(await host.portolan('run', '--name', 'net', 'true')).toMatchObject({ code: 0 })
    await down('net')
    await next.ended
  })

  test('files of a network that is no more', async () => {
    const folder = `${host.directory}/run/portolan/net`
    await host.run(`mkdir -p ${folder}/pods && echo 1 >${folder}/engine.pid && echo old >${folder}/control.sock`)
    const status = await host.portolan('status', '--name', 'net')
    expect(status).toMatchObject({ code: 2, stderr: expect.stringContaining('no network named "net" runs') })
    expect(status.stderr).not.toContain('running: net')
    const network = await host.start(up('net'))
    await network.says('Ctrl-C')
    await down('net')
    expect(await network.ended).toMatchObject({ code: 0 })
  })

  test('a network whose folder is removed is named, and ends by `down`', async () => {
    const network = await host.start(up('net'))
    await network.says('Ctrl-C')
    await host.run(`rm -r ${host.directory}/run/portolan/net`)
    for (const command of [up('net').slice(5), `${PORTOLAN} status --name net`]) {
      expect(await host.run(command)).toMatchObject({ code: 2, stderr: expect.stringContaining('its folder') })
    }
    expect(await down('net')).toMatchObject({ code: 0, stdout: expect.stringContaining('network net removed') })
    expect(await network.ended).toMatchObject({ code: 0 })
  })

  const refuses = async (environment: NodeJS.ProcessEnv, name: string, words: RegExp): Promise<void> => {
    const { code, stderr } = await host.run(up(name), environment)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(words) })
    expect(stderr.trim().split('\n')).toHaveLength(1)
  }

  test('a folder that cannot be made', async () => {
    await refuses(
      { XDG_RUNTIME_DIR: '/proc/nowhere' },
      'net',
      /the network's folder cannot be made: .*set XDG_RUNTIME_DIR/,
    )
    await refuses({ XDG_RUNTIME_DIR: `${host.directory}/${'long/'.repeat(20)}` }, 'net', /choose a shorter --name/)
  })

  test('the current folder is gone', async () => {
    const gone = 'mkdir $TMPDIR/gone; cd $TMPDIR/gone; rmdir $TMPDIR/gone'
    expect(await host.run(`${gone}; ${up('net')}`)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'portolan: the current folder does not exist any more: change to another one\n',
    })
  })

  test.skipIf(process.getuid?.() !== 0)('a folder of somebody else is left alone', async () => {
    const { uid } = user ?? { uid: 0 }
    const theirs = `${host.directory}/tmp/portolan-${uid}`
    mkdirSync(theirs)
    chmodSync(theirs, 0o777)
    chownSync(theirs, 4321, 4321)
    writeFileSync(`${theirs}/net`, 'theirs')
    await refuses(
      { XDG_RUNTIME_DIR: '' },
      'net',
      /portolan-\d+ belongs to user 4321: remove it, or set XDG_RUNTIME_DIR/,
    )
    expect(readFileSync(`${theirs}/net`, 'utf8')).toBe('theirs')
    rmSync(theirs, { recursive: true })
  })
})
