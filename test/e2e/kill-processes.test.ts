import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, openHost, PORTOLAN, EVERYBODY, type Running, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

/** A stand-in, a program of the host that leaves another behind, and a port of the host. */
const MANIFEST = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: program, annotations: { portolan.dev/run.program: 'sleep 1000 & exec sleep 1001' } }
spec: { containers: [{ name: program, image: program }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
`

type Victim = 'front' | 'unshare' | 'engine'

/** What ends, by which signal, and then the exit code of \`up\` and what it says. */
const ROWS: readonly (readonly [Victim, NodeJS.Signals, number, RegExp])[] = [
  ['front', 'SIGKILL', 137, /Ctrl-C stops it/],
  ['front', 'SIGINT', 0, /network stopped, nothing is left/],
  ['front', 'SIGTERM', 0, /network stopped, nothing is left/],
  ['front', 'SIGHUP', 0, /network stopped, nothing is left/],
  [
    'unshare',
    'SIGKILL',
    1,
    /the engine was killed by SIGKILL\nnothing is left: the same command starts the network again\n/,
  ],
  ['engine', 'SIGKILL', 1, /the engine was killed\nnothing is left: the same command starts the network again\n/],
  ['engine', 'SIGTERM', 0, /network stopped, nothing is left/],
]

const reason = missing()

describe.skipIf(reason !== undefined).each(EVERYBODY)(
  `a network that is killed, as $name ${reason ?? ''}`,
  ({ user }) => {
    let host: TestHost
    let before: HostState
    beforeAll(async () => {
      host = await openHost(user)
      writeFileSync(`${host.directory}/app.yaml`, MANIFEST)
      before = await host.state()
    })
    afterAll(() => host.close())

    async function victimOf(up: Running, victim: Victim): Promise<number> {
      if (victim === 'front') return up.pid
      if (victim === 'engine') return Number(readFileSync(`${host.directory}/run/portolan/net/engine.pid`, 'utf8'))
      const { stdout } = await host.run(`cat /proc/${up.pid}/task/*/children`)
      return Number(stdout.trim())
    }

    test.each(ROWS)('%s %s', async (victim, signal, code, words) => {
      const up = await host.start(`exec ${PORTOLAN} up ${host.directory}/app.yaml --name net --dns-upstream none`)
      await up.says('Ctrl-C stops it')
      expect(await host.run('curl -s --max-time 5 http://127.0.0.2:30080/hostname')).toMatchObject({ stdout: 'web\n' })
      await host.signal(await victimOf(up, victim), signal)
      const ended = await up.ended
      expect(await host.differenceFrom(before)).toEqual([])
      expect(ended).toMatchObject({ code, stderr: expect.stringMatching(words) })
    })
  },
)
