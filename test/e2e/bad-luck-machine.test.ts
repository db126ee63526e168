import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, NGINX, openHost, PORTOLAN, quote, USERS, type Ended, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const KOFFI = `${dirname(dirname(PORTOLAN))}/node_modules/@koromix`
const REFUSE_NETFILTER = fileURLToPath(new URL('bad-luck-refuse-netfilter.mjs', import.meta.url))
const inUserNamespace = (flags: string, before: string, command: string): string =>
  `unshare --user --map-root-user ${flags} sh -c ${quote(`${before} && ${command}`)}`

interface Lack {
  readonly name: string
  /** Runs a command of sh on such a machine. */
  readonly machine: (command: string) => string
  /** What \`up\` says. */
  readonly up: RegExp
  /** The lines of \`doctor\` that are not ok. */
  readonly doctor: RegExp
}

const DARWIN = "--import 'data:text/javascript,Object.defineProperty(process,`platform`,{value:`darwin`})'"

const LACKS: readonly Lack[] = [
  {
    name: 'no Linux',
    machine: (command) => command.replace(process.execPath, `${process.execPath} ${DARWIN}`),
    up: /networks need Linux, this is darwin/,
    doctor: /missing +Linux +darwin\n.*WSL 2 on Windows, or a Linux virtual machine/,
  },
  {
    name: 'no user namespaces',
    machine: (command) => inUserNamespace('', 'echo 0 >/proc/sys/user/max_user_namespaces', command),
    up: /this machine refuses the namespaces that a network lives in: unshare: unshare failed: No space left on device/,
    doctor: /missing +namespaces .*\n.*sysctl -w user\.max_user_namespaces/,
  },
  {
    name: 'namespaces that are forbidden',
    machine: (command) =>
      `mkdir -p $TMPDIR/bin && printf '#!/bin/sh\\necho "unshare: unshare failed: Operation not permitted" >&2; exit 1\\n' >$TMPDIR/bin/unshare
       chmod +x $TMPDIR/bin/unshare; PATH=$TMPDIR/bin:$PATH; ${command}`,
    up: /this machine refuses the namespaces that a network lives in: unshare: unshare failed: Operation not permitted/,
    doctor: /missing +namespaces .*Operation not permitted/,
  },
  {
    name: 'no unshare program',
    machine: (command) => `PATH=/nowhere; ${command}`,
    up: /this machine refuses the namespaces that a network lives in: spawn unshare ENOENT \(it belongs to util-linux\)/,
    doctor: /missing +util-linux +no unshare, no nsenter\n.*install util-linux/,
  },
  {
    name: 'no package for system calls',
    machine: (command) => inUserNamespace('--mount', `mount -t tmpfs none ${KOFFI}`, command),
    up: /the package @koromix\/koffi-linux-\w+, which makes system calls, cannot be loaded: Cannot find module/,
    doctor: /missing +system calls +no @koromix\/koffi-linux-\w+\n.*npm install/,
  },
  {
    name: 'no nf_tables',
    machine: (command) => `${process.execPath} ${REFUSE_NETFILTER} sh -c ${quote(command)}`,
    up: /nf_tables cannot be used: .*EPROTONOSUPPORT/,
    doctor: /missing +nf_tables .*EPROTONOSUPPORT\n.*CONFIG_NF_TABLES/,
  },
]

const reason = missing('setpriv')

describe.skipIf(reason !== undefined).each(USERS)(
  `a machine that lacks something, as $name ${reason ?? ''}`,
  ({ user }) => {
    let host: TestHost
    let before: HostState
    beforeAll(async () => {
      host = await openHost(user)
      before = await host.state()
    })
    afterAll(() => host.close())

    describe.each(LACKS)('$name', ({ machine, up, doctor }) => {
      const run = (args: string): Promise<Ended> => host.run(machine(`${process.execPath} ${PORTOLAN} ${args}`))

      test('up and up -d exit with 3, say why, name doctor, and leave nothing', async () => {
        for (const detached of ['', ' -d']) {
          const { code, stdout, stderr } = await run(`up ${NGINX} --name net --dns-upstream none${detached}`)
          expect({ code, stdout, stderr }).toEqual({ code: 3, stdout: '', stderr: expect.stringMatching(up) })
          expect(stderr).toMatch(/\n"portolan doctor" says what this machine lacks\n$/)
          expect(stderr).not.toMatch(/\n {4}at /)
          await host.run('rm -rf $TMPDIR/bin')
          expect(await host.differenceFrom(before)).toEqual([])
        }
      })

      test('doctor says what to do, and what needs no kernel works', async () => {
        const [found, dryRun, help] = await Promise.all([run('doctor'), run(`up ${NGINX} --dry-run`), run('--help')])
        expect(found).toMatchObject({ code: 3, stdout: expect.stringMatching(doctor) })
        expect(dryRun).toMatchObject({ code: 0, stdout: '3 objects would be started\n' })
        expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: portolan') })
      })
    })

    test('a machine that lacks nothing, and one where a program gains no privileges', async () => {
      const { code, stdout } = await host.portolan('doctor')
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.not.stringContaining('missing') })
      const up = `setpriv --no-new-privs ${PORTOLAN} up ${NGINX} --name net --dns-upstream none -d`
      expect(await host.run(up)).toMatchObject({ code: 0 })
      expect(await host.portolan('down', '--name', 'net')).toMatchObject({ code: 0 })
      expect(await host.differenceFrom(before)).toEqual([])
    })
  },
)
