/** Init containers, sidecars, hooks and restart policies, as a kubelet does them, in programs of the host. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kubectlOf, type KubectlNetwork } from './kubectl-network.ts'
import { CHECKOUT, createMachine, missing, PORTOLAN, title, type Machine } from './network.ts'

const reason = missing('kubectl', 'nsenter', 'ps')

describe.skipIf(reason !== undefined)(title('life of a Pod', reason), () => {
  let machine: Machine
  let kubectl: KubectlNetwork
  const order = (): readonly string[] => readFileSync(join(machine.folder, 'order.txt'), 'utf8').trim().split('\n')

  beforeAll(async () => {
    machine = await createMachine()
    const fixture = join(CHECKOUT, 'test/e2e/fixtures/lifecycle.yaml')
    await machine.exec([PORTOLAN, 'up', '--name', 'life', '-d', '--dns-upstream', 'none', fixture], {
      folder: machine.folder,
    })
    kubectl = await kubectlOf(machine, 'life')
  })
  afterAll(() => machine.close())

  test('init containers in order, the sidecar up before what follows, the hook before Running', async () => {
    expect(await kubectl.becomes('get pod life --no-headers', /2\/2 +Running +0/)).toMatch(/2\/2 +Running +0/)
    const seen = order()
    expect(seen.slice(0, 4)).toEqual(['first', 'first done', 'side', 'second'])
    expect(seen.slice(4).toSorted()).toEqual(['main', 'postStart'])
  })

  test('preStop beside the program, SIGTERM to it, and the sidecar last', async () => {
    expect(await kubectl.run('delete pod life')).toContain('pod "life" deleted')
    expect(order().slice(6)).toEqual(['preStop beside sh', 'main ended', 'side ended'])
  })

  test('restartPolicy Never: the Pod has failed and stays', async () => {
    expect(await kubectl.becomes('get pod never --no-headers', /Error/)).toMatch(/0\/1 +Error +0/)
    expect(
      await kubectl.run(`get pod never -o jsonpath='{.status.phase} {.status.conditions[?(@.type=="Ready")].reason}'`),
    ).toBe('Failed PodFailed')
    expect(await kubectl.run('logs never')).toBe('one run')
    expect(await kubectl.run('logs never --previous')).toContain(
      'previous terminated container "web" in pod "never" not found',
    )
  })

  test('an init container that fails is tried again, and its last run can be read', async () => {
    expect(await kubectl.becomes('get pod broken-init --no-headers', /CrashLoop/)).toMatch(
      /0\/1 +Init:CrashLoopBackOff +1/,
    )
    expect(await kubectl.run('logs broken-init -c first --previous')).toBe('broken')
  })

  test('what a hook of a stand-in would have run is said', async () => {
    const path = `'{.status.conditions[?(@.type=="portolan.dev/Probed")].message}'`
    expect(await kubectl.run(`get pod hooked -o jsonpath=${path}`)).toBe(
      'container web: its postStart hook (exec) counts as passed: a stand-in cannot answer it',
    )
  })

  test('nothing is left', async () => {
    expect((await machine.portolan('down', '--name', 'life')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
