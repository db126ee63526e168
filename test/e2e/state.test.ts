/** `up --state`: what a client was told of is there after a restart, whatever was killed, and whenever. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMachine, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing()
const LONG = process.env['PORTOLAN_LONG'] === '1'
const CLIENT = fileURLToPath(new URL('state-client.mjs', import.meta.url))
const APP = 'test/e2e/fixtures/kubectl.yaml'
/** After so many answers the network is killed. */
const MOMENTS = LONG ? [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144] : [0, 1, 20]

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly nodePort?: number }[] }
  readonly status?: { readonly podIP?: string }
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: { readonly server: string } }[]
  readonly users: readonly { readonly user: { readonly token: string } }[]
}

describe.skipIf(reason !== undefined)(title('--state', reason), () => {
  let machine: Machine
  let kubeconfig: string
  beforeAll(async () => {
    machine = await createMachine()
    kubeconfig = join(machine.folder, 'kubeconfig')
  })
  afterAll(() => machine.close())

  const up = (...args: string[]) =>
    machine.up('--name', 'kept', '--state', join(machine.folder, 'state'), '--wait', ...args)
  const ask = async (path: string, bearer?: string, ...options: string[]): Promise<unknown> => {
    const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
    const [server, token] = [clusters[0]?.cluster.server, bearer ?? users[0]?.user.token]
    const header = `Authorization: Bearer ${token}`
    const { stdout } = await machine.exec(['curl', '-sk', '-H', header, ...options, `${server}${path}`])
    return JSON.parse(stdout)
  }
  const items = async (path: string, bearer?: string): Promise<readonly Stored[]> =>
    ((await ask(path, bearer)) as { items: readonly Stored[] }).items
  const accountToken = async (): Promise<string> => {
    const path = '/api/v1/namespaces/default/serviceaccounts/default/token'
    const { status } = (await ask(path, undefined, '--data', '{}', '-H', 'Content-Type:')) as {
      status: { token: string }
    }
    return status.token
  }
  const told = (services: readonly Stored[]): readonly string[] =>
    services.map(({ metadata, spec }) =>
      [metadata.name, metadata.uid, spec.clusterIP, spec.ports[0]?.nodePort ?? 0].join(' '),
    )

  test.each([
    ['where no folder can be', '/proc/portolan/state', /^portolan: --state \/proc\/portolan\/state: ENOENT/],
    ['a file', '/proc/version', /^portolan: --state \/proc\/version: it is no folder\n$/],
  ])('%s is refused', async (_name, path, message) => {
    const { code, stderr } = await machine.portolan('up', '-d', '--name', 'refused', '--state', path)
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  test('a stop and a start: the same objects, addresses, ports, kubeconfig and tokens', async () => {
    await up(APP)
    const { stdout } = await machine.portolan('kubeconfig', '--name', 'kept')
    writeFileSync(kubeconfig, readFileSync(stdout.trim()))
    const [services, pods] = [await items('/api/v1/services'), await items('/api/v1/pods')]
    const token = await accountToken()
    const scheduled = '/api/v1/events?fieldSelector=reason=Scheduled'
    const events = await items(scheduled)
    expect(events.length).toBe(pods.length)
    expect(await machine.portolan('down', '--name', 'kept')).toMatchObject({ code: 0 })
    await up()
    expect(told(await items('/api/v1/services', token))).toEqual(told(services))
    expect(told(await items('/api/v1/services'))).toEqual(told(services))
    expect(await items(scheduled)).toEqual(events)
    const now = await items('/api/v1/pods')
    expect(now.map(addressOf)).toEqual(pods.map(addressOf))
    const seen = Math.max(...[...services, ...pods].map(({ metadata }) => Number(metadata.resourceVersion)))
    expect(Math.min(...now.map(({ metadata }) => Number(metadata.resourceVersion)))).toBeGreaterThan(seen)
  })

  test.each(MOMENTS.flatMap((moment) => [['engine', moment] as const, ['front', moment] as const]))(
    'the %s is killed after %i answers',
    async (process, moment) => {
      const client = machine.start(['node', CLIENT, kubeconfig, `${process}-${moment}`])
      await until(() => client.output().split('\n').length > moment)
      const pid = process === 'engine' ? 'cat "$XDG_RUNTIME_DIR/portolan/kept/engine.pid"' : `pgrep -f '${PORTOLAN} up'`
      await machine.sh(`kill -9 $(${pid})`)
      const answers = (await client.ended).stdout
        .trim()
        .split('\n')
        .filter((line) => line !== '')
      await up()
      expect(told(await items('/api/v1/services'))).toEqual(expect.arrayContaining(answers))
      expect(answers.length).toBeGreaterThanOrEqual(moment)
    },
  )

  test("a folder is one network's alone, and for its ranges", async () => {
    const state = ['--state', join(machine.folder, 'state'), '-d', '--dns-upstream', 'none']
    const second = await machine.portolan('up', '--name', 'other', ...state)
    expect(second).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(
        'network kept uses it: "portolan down --name kept" ends that, or name another folder',
      ),
    })
    await machine.portolan('down', '--name', 'kept')
    const ranges = await machine.portolan('up', '--name', 'other', '--service-cidr', '10.0.0.0/16', ...state)
    expect(ranges).toMatchObject({ code: 2, stderr: expect.stringContaining('has --service-cidr "10.96.0.0/12", not') })
  })

  test('a folder that cannot be is wrong use', async () => {
    const args = ['up', '--state', join(machine.folder, 'kubeconfig'), '-d', '--dns-upstream', 'none']
    expect(await machine.portolan(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--state ') })
  })
})

const addressOf = ({ metadata, status }: Stored): string => `${metadata.name} ${metadata.uid} ${status?.podIP}`

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}
