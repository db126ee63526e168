import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, openHost, USERS, type TestHost } from './bad-luck-host.ts'
import type { HostState } from './host-state.ts'

const pod = (name: string, command?: string): string => `
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels: { app: ${name} }
  annotations: { ${command === undefined ? '' : `portolan.dev/run.${name}: '${command}'`} }
spec: { containers: [{ name: ${name}, image: ${name}, ports: [{ containerPort: 80 }] }] }
---
`
const MANIFEST = `${pod('web')}${pod('other')}${pod('program', 'echo started; exec sleep 1001')}
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80, nodePort: 30080 }] }
`

const reason = missing()

describe.skipIf(reason !== undefined).each(USERS)(
  `a container that is killed, as $name ${reason ?? ''}`,
  ({ user }) => {
    let host: TestHost
    let before: HostState
    beforeAll(async () => {
      host = await openHost(user)
      writeFileSync(`${host.directory}/app.yaml`, MANIFEST)
      before = await host.state()
      const up = await host.portolan(
        'up',
        `${host.directory}/app.yaml`,
        '-d',
        '--name',
        'net',
        '--dns-upstream',
        'none',
      )
      expect(up).toMatchObject({ code: 0 })
    })
    afterAll(async () => {
      expect(await host.portolan('down', '--name', 'net')).toMatchObject({ code: 0 })
      expect(await host.differenceFrom(before)).toEqual([])
      await host.close()
    })

    /** Processes with an argument that matches; the pattern must not match itself. */
    async function pidsOf(pattern: string): Promise<readonly number[]> {
      const { stdout } = await host.run(`grep -lz '${pattern}' /proc/[0-9]*/cmdline 2>/dev/null`)
      return stdout.split('\n').flatMap((line) => (/\d+/.exec(line) ?? []).map(Number))
    }

    /** Restarts of the ready Pods. */
    async function restarts(): Promise<Readonly<Record<string, number>>> {
      const { stdout } = await host.portolan('status', '--name', 'net', '--format', 'json')
      const { pods }: { readonly pods: readonly PodSummary[] } = JSON.parse(stdout)
      return Object.fromEntries(pods.filter(({ ready }) => ready).map(({ name, restarts }) => [name, restarts]))
    }

    test('the process of all stand-ins: each counts as ended once, and traffic works again', async () => {
      const [standIn = 0, ...others] = await pidsOf('stand-in/[m]ain')
      expect(others).toEqual([])
      await host.signal(standIn, 'SIGKILL')
      await expect.poll(restarts, { timeout: 20_000 }).toEqual({ web: 1, other: 1, program: 0 })
      const reached = await host.run('curl -s --max-time 5 http://127.0.0.1:30080/hostname')
      expect(reached).toMatchObject({ code: 0, stdout: 'web\n' })
    })

    test('a program of the host: it is started again, and its log is kept', async () => {
      const [program = 0] = await pidsOf('^1001')
      await host.signal(program, 'SIGKILL')
      await expect.poll(restarts, { timeout: 20_000 }).toEqual({ web: 1, other: 1, program: 1 })
      expect(await pidsOf('^1001')).toHaveLength(1)
      const logs = [
        ['logs', 'program'],
        ['logs', 'program', '--previous'],
      ]
      for (const words of logs) {
        expect(await host.portolan(...words, '--name', 'net')).toMatchObject({ code: 0, stdout: 'started\n' })
      }
    })
  },
)

interface PodSummary {
  readonly name: string
  readonly ready: boolean
  readonly restarts: number
}
