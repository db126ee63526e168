import { expect, test } from 'vitest'
import { change, createBench, deleted, podOf } from '../../test/kubelet/bench.ts'

const EVENT = 'DeadlineExceeded Pod was active on the node longer than the specified deadline'

test('a Pod that runs longer than it may is stopped and has failed, even if its containers end well', async () => {
  const bench = createBench(false)
  change(bench.kubelet, podOf({ activeDeadlineSeconds: 60, terminationGracePeriodSeconds: 5 }))
  expect(await bench.happened()).toEqual(['Pending', 'start a 0', 'Running'])
  expect(await bench.pass(59)).toEqual([])
  expect(await bench.pass(1)).toEqual([EVENT, 'SIGTERM a'])
  expect(bench.status()).toMatchObject({ phase: 'Running' })
  expect(await bench.pass(5)).toEqual(['SIGKILL a'])
  expect(await bench.exit('a', 0)).toEqual(['Failed', 'remove sandbox'])
  expect(bench.status()).toMatchObject({
    phase: 'Failed',
    reason: 'DeadlineExceeded',
    message: 'Pod was active on the node longer than the specified deadline',
  })
  expect(bench.pendingTimers()).toBe(0)
  change(bench.kubelet, deleted(podOf(), 30))
  expect(await bench.happened()).toEqual(['delete u1'])
})

test('a deadline that an update brings counts from the start of the Pod', async () => {
  const bench = createBench()
  change(bench.kubelet, podOf())
  await bench.happened()
  await bench.pass(40)
  change(bench.kubelet, podOf({ activeDeadlineSeconds: 41 }))
  expect(await bench.pass(1)).toEqual([EVENT, 'SIGTERM a'])
})

test('a Pod that cannot start fails as well', async () => {
  const bench = createBench()
  bench.setSandboxProblem('no address is left')
  change(bench.kubelet, podOf({ activeDeadlineSeconds: 3 }))
  await bench.happened()
  expect(await bench.pass(3)).toEqual([EVENT, 'Failed'])
  expect(bench.pendingTimers()).toBe(0)
})

test('who has ended, or is deleted meanwhile, has no deadline', async () => {
  const bench = createBench()
  change(bench.kubelet, podOf({ activeDeadlineSeconds: 9, restartPolicy: 'Never' }))
  await bench.happened()
  expect(await bench.exit('a')).toEqual(['remove sandbox', 'Succeeded'])
  expect(bench.pendingTimers()).toBe(0)
})

test('deleted while it is stopped: the shorter grace period counts', async () => {
  const bench = createBench()
  const spec = { activeDeadlineSeconds: 1 }
  change(bench.kubelet, podOf(spec))
  await bench.happened()
  expect(await bench.pass(1)).toEqual([EVENT, 'SIGTERM a'])
  change(bench.kubelet, deleted(podOf(spec), 2))
  expect(await bench.pass(2)).toEqual(['SIGKILL a'])
  expect(await bench.exit('a', 137)).toEqual(['Failed', 'remove sandbox', 'delete u1'])
})
