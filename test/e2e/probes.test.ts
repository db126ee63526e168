/** Probes: asked from the Pod's node, and followed by conditions, endpoints, events and restarts. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CHECKOUT, createMachine, eventually, missing, PORTOLAN, title, type Machine, type Outcome } from './network.ts'

const reason = missing('kubectl', 'nsenter')

describe.skipIf(reason !== undefined)(title('probes', reason), () => {
  let machine: Machine
  let up: Outcome
  let environment: Record<string, string> = {}
  const kubectl = async (line: string): Promise<string> =>
    (await machine.sh(`kubectl ${line}`, { environment })).stdout.trim()
  const becomes = (line: string, wanted: string | RegExp): Promise<string> =>
    eventually(
      () => kubectl(line),
      (found) => (typeof wanted === 'string' ? found === wanted : wanted.test(found)),
    )
  const addresses = `get endpoints program -o jsonpath='{.subsets[*].addresses[*].ip}'`
  const file = (name: string): string => join(machine.folder, name)

  beforeAll(async () => {
    machine = await createMachine()
    const fixture = join(CHECKOUT, 'test/e2e/fixtures/probes.yaml')
    up = await machine.exec([PORTOLAN, 'up', '--name', 'probes', '-d', '--dns-upstream', 'none', fixture], {
      folder: machine.folder,
    })
    const path = (await machine.portolan('kubeconfig', '--name', 'probes')).stdout.trim()
    environment = { KUBECONFIG: path }
  })
  afterAll(() => machine.close())

  test('up waits for a program to listen, says what does not get ready and what was not asked', () => {
    expect(up.stdout).toMatch(/^default\/program +ready/m)
    expect(up.stdout).toMatch(/^default\/refusing +not ready +Running: Unhealthy/m)
    expect(up.stderr).toContain(
      'Pod default/refusing is not ready: Unhealthy: container web: Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    expect(up.stderr).toContain('note: probes that a stand-in cannot answer')
  })

  test('the probe comes from the node of the Pod', async () => {
    const node = await kubectl(`get pod program -o jsonpath='{.status.hostIP}'`)
    expect(readFileSync(file('asked-by.txt'), 'utf8')).toBe(`::ffff:${node}`)
  })

  test('what a stand-in cannot answer is said on the Pod', async () => {
    const wanted =
      'container web: its startup probe (gRPC) counts as passed: a stand-in cannot answer it; ' +
      'container web: its liveness probe (port 9090, which no containerPort declares) counts as passed: a stand-in cannot answer it'
    const path = `'{.status.conditions[?(@.type=="portolan.dev/Probed")].message}'`
    expect(await becomes(`get pod stand-in -o jsonpath=${path}`, /9090/)).toBe(wanted)
    expect(await kubectl('get pod stand-in --no-headers')).toMatch(/1\/1 +Running +0/)
  })

  test('readiness: the endpoint goes and comes', async () => {
    const address = await becomes(addresses, /./)
    writeFileSync(file('unready'), '')
    expect(await becomes(addresses, '')).toBe('')
    expect(await kubectl('get pod program --no-headers')).toMatch(/0\/1 +Running +0/)
    expect(await kubectl('get events --field-selector involvedObject.name=program,reason=Unhealthy')).toContain(
      'Readiness probe failed: HTTP probe failed with statuscode: 503',
    )
    rmSync(file('unready'))
    expect(await becomes(addresses, address)).toBe(address)
  })

  test('liveness: the container is started again', async () => {
    writeFileSync(file('dead'), '')
    const events = 'get events --field-selector involvedObject.name=program,reason=Killing'
    expect(await becomes(events, /liveness/)).toContain('Container web failed liveness probe, will be restarted')
    rmSync(file('dead'))
    const restarts = `get pod program -o jsonpath='{.status.containerStatuses[0].restartCount}'`
    expect(Number(await becomes(restarts, /^[1-9]/))).toBeGreaterThan(0)
    expect(readFileSync(file('starts.txt'), 'utf8')).toMatch(/^(a start\n){2,}$/)
  })

  test('nothing is left', async () => {
    expect((await machine.portolan('down', '--name', 'probes')).code).toBe(0)
    expect(await machine.leftovers()).toEqual([])
  })
})
