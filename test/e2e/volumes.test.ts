/** Volumes of host programs: seen at their paths, though the host has no such folders. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectlOf, type KubectlNetwork } from './kubectl-network.ts'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing('kubectl', 'nsenter')

describe.skipIf(reason !== undefined)(title('volumes', reason), () => {
  let machine: Machine
  let kubectl: KubectlNetwork

  beforeAll(async () => {
    machine = await createMachine()
    const fixture = join(CHECKOUT, 'test/e2e/fixtures/volumes.yaml')
    await machine.exec([PORTOLAN, 'up', '--name', 'volumes', '-d', '--dns-upstream', 'none', fixture], {
      folder: machine.folder,
    })
    kubectl = await kubectlOf(machine, 'volumes')
  })
  afterAll(() => machine.close())

  test('each is at its path, read-only where it has to be', async () => {
    const log = await kubectl.becomes('logs program -c writer', /no nfs/)
    expect(log.split('\n')).toEqual(['read-only', 'blue round s3cret app="program"', '400', 'tmpfs', 'no nfs'])
    expect(await kubectl.becomes('logs program -c reader', /written/)).toBe('written')
    expect(await kubectl.becomes('logs claims-again', /kept/)).toContain('kept')
  })

  test('a projected token is one of the ServiceAccount, bound to the Pod', async () => {
    const read = (): string => readFileSync(join(machine.folder, 'whoami.json'), 'utf8')
    const { status } = JSON.parse(
      await eventually(
        async () => read(),
        (text) => text.includes('status'),
      ),
    ) as {
      status: { userInfo: { username: string; extra: object } }
    }
    expect(status.userInfo.username).toBe('system:serviceaccount:default:default')
    expect(status.userInfo.extra).toMatchObject({ 'authentication.kubernetes.io/pod-name': ['program'] })
  })

  test('a program finds the API server by what every Pod mounts, however early it asks', async () => {
    expect(await kubectl.becomes('logs in-cluster', /"kind": ?"Pod"|refused/)).toMatch(/"name": ?"in-cluster"/)
  })

  test('the host has none of it', () => {
    expect(
      ['/shared', '/projected', '/claim', '/etc/portolan-settings', '/etc/portolan-single'].filter(existsSync),
    ).toEqual([])
    expect(readFileSync('/proc/self/mounts', 'utf8')).not.toContain('portolan')
  })

  test('top measures the processes of the program', async () => {
    expect(await kubectl.run('top pod program --containers --no-headers')).toMatch(/reader +\d+m +[1-9]\d*Mi/)
  })

  test('exec sees them too, and the processes of the program', async () => {
    expect(
      await kubectl.run(
        'exec program -c writer -- sh -c "cat /etc/portolan-settings/shape; ps -e -o comm= | grep -c sleep"',
      ),
    ).toBe('round1')
  })

  test('a ConfigMap that changes is changed in the volume, a single file is not', async () => {
    await kubectl.run(`patch configmap settings -p '{"data":{"colour":"red","shape":"square"}}'`)
    const colours = await eventually(
      async () => readFileSync(join(machine.folder, 'colours.txt'), 'utf8'),
      (text) => text.endsWith('red\n'),
    )
    expect(colours).toMatch(/^(blue\n)+(red\n)+$/)
    expect(await kubectl.run('exec program -c writer -- cat /etc/portolan-single')).toBe('round')
  })

  test('what is otherwise than on a node is said', async () => {
    const path = `'{.status.conditions[?(@.type=="portolan.dev/Isolated")].message}'`
    expect(await kubectl.run(`get pod program -o jsonpath=${path}`)).toBe(
      'container writer: volume claim: persistentVolumeClaim data is a folder of this network, and ends with it; ' +
        'container writer: volume nfs: nfs volumes are not there in this network: nothing is mounted',
    )
  })

  test('an object that is missing is waited for', async () => {
    expect(await kubectl.run('get pod waiting --no-headers')).toMatch(/0\/1 +ContainerCreating/)
    expect(await kubectl.run('get events --field-selector reason=FailedMount')).toContain(
      'MountVolume.SetUp failed for volume "later" : configmap "later" not found',
    )
    await kubectl.run('create configmap later --from-literal=a=b')
    expect(await kubectl.becomes('get pod waiting --no-headers', /Running/)).toMatch(/1\/1 +Running/)
  })

  test('nothing is left', async () => {
    expect((await machine.portolan('down', '--name', 'volumes')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
