import { expect, test } from 'vitest'
import { change, createBench, deleted, podOf, type Bench } from '../../../test/kubelet/bench.ts'
import type { Container, PodSpec, Probe } from '../../api/core.ts'

const probe = (path: string, more: Partial<Probe> = {}): Probe => ({ httpGet: { path, port: 80 }, ...more })
const probed = (container: Partial<Container>, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  containers: [{ name: 'a', ...container }],
  ...more,
})

async function begun(spec: Partial<PodSpec>, unhealthy: readonly string[]): Promise<Bench> {
  const bench = createBench()
  for (const path of unhealthy) bench.health(path, 'no')
  change(bench.kubelet, podOf(spec))
  expect((await bench.happened()).slice(0, 3)).toEqual(['Pending', 'start a 0', 'Running'])
  return bench
}

const look = ({ status }: Bench): string => {
  const { ready, started } = status()?.containerStatuses?.[0] ?? {}
  const condition = status()?.conditions?.find(({ type }) => type === 'Ready')
  return `${started ? 'started' : '-'} ${ready ? 'ready' : '-'} ${condition?.status}`
}

test('readiness: nothing is ready before its probe passed, and a program gets two seconds to listen', async () => {
  const bench = await begun(probed({ readinessProbe: probe('/') }), ['/'])
  expect(look(bench)).toBe('started - False')
  expect(await bench.pass(1.5)).toEqual([])
  bench.health('/')
  expect(await bench.pass(0.3)).toEqual([])
  expect(look(bench)).toBe('started ready True')
})

test('readiness: failures after that are told, and the period is kept', async () => {
  const bench = await begun(probed({ readinessProbe: probe('/') }), ['/'])
  expect(await bench.pass(2)).toEqual(['Unhealthy Readiness probe failed: no'])
  expect(bench.status()?.conditions?.at(-1)).toMatchObject({
    type: 'portolan.dev/Probed',
    reason: 'Unhealthy',
    message: 'container a: Readiness probe failed: no',
  })
  bench.health('/')
  expect(await bench.pass(9)).toEqual([])
  expect(look(bench)).toBe('started - False')
  await bench.pass(1)
  expect(look(bench)).toBe('started ready True')
  expect(bench.status()?.conditions?.at(-1)?.type).toBe('Ready')
})

test('readiness: unready after failureThreshold, ready again after successThreshold', async () => {
  const readinessProbe = probe('/', { periodSeconds: 1, failureThreshold: 2, successThreshold: 2 })
  const bench = await begun(probed({ readinessProbe }), [])
  await bench.pass(0.5)
  expect(look(bench)).toBe('started - False')
  await bench.pass(1)
  expect(look(bench)).toBe('started ready True')
  bench.health('/', 'no')
  await bench.pass(1)
  expect(look(bench)).toBe('started ready True')
  await bench.pass(1)
  expect(look(bench)).toBe('started - False')
  bench.health('/')
  await bench.pass(1)
  expect(look(bench)).toBe('started - False')
  await bench.pass(1)
  expect(look(bench)).toBe('started ready True')
})

test('an initial delay is waited for', async () => {
  const bench = await begun(probed({ readinessProbe: probe('/', { initialDelaySeconds: 7 }) }), [])
  await bench.pass(6)
  expect(look(bench)).toBe('started - False')
  await bench.pass(1)
  expect(look(bench)).toBe('started ready True')
})

test('startup holds the others back, and ends the container when its attempts are used up', async () => {
  const startupProbe = probe('/up', { periodSeconds: 5, failureThreshold: 2 })
  const bench = await begun(probed({ startupProbe, livenessProbe: probe('/live') }), ['/up', '/live'])
  expect(look(bench)).toBe('- - False')
  expect(await bench.pass(2)).toEqual(['Unhealthy Startup probe failed: no'])
  expect(await bench.pass(5)).toEqual([
    'Unhealthy Startup probe failed: no',
    'Killing Container a failed startup probe, will be restarted',
    'SIGTERM a',
  ])
  bench.health('/up')
  expect(await bench.exit('a', 143)).toEqual(['start a 1'])
  await bench.pass(0)
  expect(look(bench)).toBe('started ready True')
})

test('liveness: SIGTERM, SIGKILL after the grace period, and a start even where the exit code was 0', async () => {
  const livenessProbe = probe('/', { periodSeconds: 1, failureThreshold: 2, terminationGracePeriodSeconds: 3 })
  const bench = await begun(probed({ livenessProbe }, { restartPolicy: 'OnFailure' }), [])
  expect(await bench.pass(3)).toEqual([])
  bench.health('/', 'no')
  expect(await bench.pass(2)).toEqual([
    'Unhealthy Liveness probe failed: no',
    'Unhealthy Liveness probe failed: no',
    'Killing Container a failed liveness probe, will be restarted',
    'SIGTERM a',
  ])
  expect(await bench.pass(2)).toEqual([])
  expect(await bench.pass(1)).toEqual(['SIGKILL a'])
  expect(await bench.exit('a', 0)).toEqual(['start a 1'])
})

test('liveness under restartPolicy Never: the Pod has failed', async () => {
  const livenessProbe = probe('/', { periodSeconds: 1, failureThreshold: 1 })
  const bench = await begun(probed({ livenessProbe }, { restartPolicy: 'Never' }), ['/'])
  expect(await bench.pass(1)).toEqual([
    'Unhealthy Liveness probe failed: no',
    'Killing Container a failed liveness probe',
    'SIGTERM a',
  ])
  expect(await bench.exit('a', 143)).toEqual(['remove sandbox', 'Failed'])
  expect(bench.pendingTimers()).toBe(0)
})

test('while the Pod ends only readiness is asked for, and afterwards nothing', async () => {
  const spec = probed({ livenessProbe: probe('/live', { periodSeconds: 1 }), readinessProbe: probe('/ready') })
  const bench = await begun(spec, ['/live'])
  await bench.pass(0)
  change(bench.kubelet, deleted(podOf(spec), 30))
  expect(await bench.happened()).toEqual(['endpoints of p', 'SIGTERM a'])
  expect(await bench.pass(9)).toEqual([])
  bench.health('/ready', 'no')
  expect(await bench.pass(2)).toEqual(['Unhealthy Readiness probe failed: no'])
  expect(await bench.exit('a', 143)).toEqual(['Failed', 'remove sandbox', 'delete u1'])
  expect(bench.pendingTimers()).toBe(0)
})

test('a sidecar lets the next container start when its startup probe has passed', async () => {
  const initContainers = [{ name: 's', restartPolicy: 'Always' as const, startupProbe: probe('/') }]
  const bench = createBench()
  bench.health('/', 'no')
  change(bench.kubelet, podOf({ initContainers }))
  expect(await bench.happened()).toEqual(['Pending', 'start s 0'])
  bench.health('/')
  expect(await bench.pass(1)).toEqual(['start a 0', 'Running'])
})
