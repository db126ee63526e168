import { expect, test } from 'vitest'
import { change, createBench, deleted, podOf, type Bench } from '../../test/kubelet/bench.ts'
import type { Container, LifecycleHandler, PodSpec } from '../api/core.ts'

const exec = (command: string): LifecycleHandler => ({ exec: { command: [command] } })
const sleep = (seconds: number): LifecycleHandler => ({ sleep: { seconds } })
const hooked = (name: string, lifecycle: Container['lifecycle']): Container => ({
  name,
  ...(lifecycle !== undefined && { lifecycle }),
})

async function begun(spec: Partial<PodSpec>): Promise<Bench> {
  const bench = createBench()
  change(bench.kubelet, podOf(spec))
  expect((await bench.happened()).at(-1)).toBe('Running')
  return bench
}

test('postStart comes before Running, and before the next container', async () => {
  const bench = createBench()
  const containers = [hooked('a', { postStart: sleep(2) }), hooked('b', undefined)]
  change(bench.kubelet, podOf({ containers }))
  expect(await bench.happened()).toEqual(['Pending', 'start a 0'])
  expect(await bench.pass(1)).toEqual([])
  expect(await bench.pass(1)).toEqual(['start b 0', 'Running'])
})

test('a postStart hook that fails ends its container, which is started again', async () => {
  const bench = createBench()
  bench.health('begin', 'no')
  change(bench.kubelet, podOf({ containers: [hooked('a', { postStart: exec('begin') })] }))
  expect(await bench.happened()).toEqual([
    'Pending',
    'start a 0',
    'exec begin',
    'FailedPostStartHook PostStartHook failed: no',
    'SIGTERM a',
  ])
  bench.health('begin')
  expect(await bench.exit('a', 143)).toEqual(['start a 1', 'Running', 'exec begin'])
})

test('preStop comes before SIGTERM, in the grace period; a failure is told', async () => {
  const containers = [hooked('a', { preStop: sleep(3) }), hooked('b', { preStop: exec('quit') })]
  const bench = await begun({ containers })
  bench.health('quit', 'no')
  change(bench.kubelet, deleted(podOf({ containers }), 5))
  expect(await bench.happened()).toEqual([
    'endpoints of p',
    'exec quit',
    'FailedPreStopHook PreStopHook failed: no',
    'SIGTERM b',
  ])
  await bench.exit('b', 143)
  expect(await bench.pass(3)).toEqual(['SIGTERM a'])
  expect(await bench.pass(2)).toEqual(['SIGKILL a'])
})

test('a preStop hook that takes all the time leaves two seconds for SIGTERM', async () => {
  const containers = [hooked('a', { preStop: sleep(60) })]
  const bench = await begun({ containers })
  change(bench.kubelet, deleted(podOf({ containers }), 5))
  expect(await bench.happened()).toEqual(['endpoints of p'])
  expect(await bench.pass(5)).toEqual(['SIGTERM a'])
  expect(await bench.pass(1)).toEqual([])
  expect(await bench.pass(1)).toEqual(['SIGKILL a'])
})

test('without a grace period there is no preStop', async () => {
  const containers = [hooked('a', { preStop: exec('quit') })]
  const bench = await begun({ containers })
  change(bench.kubelet, deleted(podOf({ containers }), 0))
  expect(await bench.happened()).toEqual(['SIGKILL a', 'endpoints of p'])
})

test('a container that ends meanwhile is not waited for', async () => {
  const containers = [hooked('a', { preStop: sleep(20) })]
  const bench = await begun({ containers })
  change(bench.kubelet, deleted(podOf({ containers }), 30))
  await bench.happened()
  expect(await bench.exit('a')).toEqual(['Succeeded', 'remove sandbox', 'delete u1'])
  expect(bench.pendingTimers()).toBe(0)
})

test('preStop hooks of sidecars run at once, their SIGTERM waits for the containers', async () => {
  const initContainers = [{ ...hooked('s', { preStop: exec('drain') }), restartPolicy: 'Always' as const }]
  const bench = await begun({ initContainers })
  change(bench.kubelet, deleted(podOf({ initContainers }), 30))
  expect(await bench.happened()).toEqual(['endpoints of p', 'exec drain', 'SIGTERM a'])
  expect(await bench.exit('a')).toEqual(['SIGTERM s'])
  expect(await bench.exit('s')).toEqual(['Succeeded', 'remove sandbox', 'delete u1'])
})

test('a liveness probe that fails runs preStop too', async () => {
  const livenessProbe = { httpGet: { path: '/', port: 80 }, periodSeconds: 1, failureThreshold: 1 }
  const bench = await begun({ containers: [{ ...hooked('a', { preStop: exec('quit') }), livenessProbe }] })
  bench.health('/', 'no')
  expect((await bench.pass(1)).slice(-2)).toEqual(['exec quit', 'SIGTERM a'])
})
