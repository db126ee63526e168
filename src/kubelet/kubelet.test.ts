import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { change, createBench, deleted, podOf } from '../../test/kubelet/bench.ts'
import type { PodSpec } from '../api/core.ts'

describe('running', () => {
  test('init container, sidecar, containers, in order', async () => {
    const bench = createBench()
    const initContainers = [{ name: 'i' }, { name: 's', restartPolicy: 'Always' as const }]
    change(bench.kubelet, podOf({ initContainers, containers: [{ name: 'a' }, { name: 'b' }] }))
    expect(await bench.happened()).toEqual(['Pending', 'start i 0'])
    expect(await bench.exit('i')).toEqual(['start s 0', 'start a 0', 'start b 0', 'Running'])
    expect(bench.status()).toMatchObject({ podIP: '10.244.1.2', phase: 'Running' })
  })

  test('a crash loop: at once, after 10 s, after 20 s', async () => {
    const bench = createBench()
    change(bench.kubelet, podOf())
    await bench.happened()
    expect(await bench.exit('a', 1)).toEqual(['start a 1'])
    expect(await bench.exit('a', 1)).toEqual([])
    expect(bench.status()?.containerStatuses?.[0]?.state.waiting?.reason).toBe('CrashLoopBackOff')
    expect(await bench.pass(9)).toEqual([])
    expect(await bench.pass(1)).toEqual(['start a 2'])
    await bench.exit('a', 1)
    expect(await bench.pass(19)).toEqual([])
    expect(await bench.pass(1)).toEqual(['start a 3'])
    expect(readdirSync(join(bench.logDirectory, 'default_p_u1'))).toEqual(['a'])
  })

  test('a container that waits for a ConfigMap starts when it comes', async () => {
    const bench = createBench()
    const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'A' } } }]
    change(bench.kubelet, podOf({ containers: [{ name: 'a', env }] }))
    expect(await bench.happened()).toEqual(['Pending'])
    expect(bench.status()?.containerStatuses?.[0]?.state.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "settings" not found',
    })
    const metadata = { name: 'settings', namespace: 'default' }
    bench.setObjects([{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { A: '1' } }])
    bench.kubelet.configChanged('default')
    expect(await bench.happened()).toEqual(['start a 0 A=1', 'Running'])
  })

  test.each([
    [false, 'kube-api-access-abcde', true],
    [true, 'kube-api-access-abcde', false],
    [false, 'settings', false],
  ])('sees files: %s; volume %s, whose ConfigMap is missing; starts: %s', async (seesFiles, name, starts) => {
    const bench = createBench(true, seesFiles)
    const volumes = [{ name, projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } }]
    change(bench.kubelet, podOf({ volumes }))
    expect((await bench.happened()).includes('start a 0')).toBe(starts)
  })

  test('a sandbox that cannot be made is tried again and said', async () => {
    const bench = createBench()
    bench.setSandboxProblem('no address is left')
    change(bench.kubelet, podOf())
    const failed = 'FailedCreatePodSandBox Failed to create pod sandbox: no address is left'
    expect(await bench.happened()).toEqual(['Pending', failed])
    expect(bench.status()?.conditions).toContainEqual(
      expect.objectContaining({ type: 'PodReadyToStartContainers', status: 'False', message: 'no address is left' }),
    )
    bench.setSandboxProblem(undefined)
    expect(await bench.pass(5)).toEqual(['start a 0', 'Running'])
  })

  test('a Job: its sidecar ends after it, by SIGKILL if it must', async () => {
    const bench = createBench()
    const initContainers = [{ name: 's', restartPolicy: 'Always' as const }]
    change(bench.kubelet, podOf({ initContainers, restartPolicy: 'Never', terminationGracePeriodSeconds: 5 }))
    expect(await bench.happened()).toEqual(['Pending', 'start s 0', 'start a 0', 'Running'])
    expect(await bench.exit('a')).toEqual(['SIGTERM s'])
    expect(await bench.pass(5)).toEqual(['SIGKILL s'])
    expect(await bench.exit('s', 137)).toEqual(['remove sandbox', 'Succeeded'])
    change(bench.kubelet, deleted(podOf(), 30))
    expect(await bench.happened()).toEqual(['delete u1'])
  })

  test('what is not on a node, is finished, or is another Pod of the name', async () => {
    const bench = createBench()
    const { nodeName: _node, ...spec } = podOf().spec
    change(bench.kubelet, { ...podOf(), spec })
    change(bench.kubelet, { ...podOf(), status: { phase: 'Succeeded' } })
    expect(await bench.happened()).toEqual([])
    change(bench.kubelet, deleted(podOf(), 30))
    expect(await bench.happened()).toEqual(['delete u1'])
  })
})

describe('ending', () => {
  async function started(spec: Partial<PodSpec> = {}, removesEndpoints = true) {
    const bench = createBench(removesEndpoints)
    change(bench.kubelet, podOf(spec))
    await bench.happened()
    return bench
  }

  test('endpoints, SIGTERM, status, sandbox, store; no timer is left', async () => {
    const bench = await started()
    change(bench.kubelet, deleted(podOf(), 30))
    expect(await bench.happened()).toEqual(['endpoints of p', 'SIGTERM a'])
    expect(await bench.exit('a', 143)).toEqual(['Failed', 'remove sandbox', 'delete u1'])
    expect(bench.pendingTimers()).toBe(0)
    expect(readdirSync(bench.logDirectory)).toEqual([])
  })

  test('SIGKILL after the grace period', async () => {
    const bench = await started()
    change(bench.kubelet, deleted(podOf(), 30))
    expect(await bench.happened()).toEqual(['endpoints of p', 'SIGTERM a'])
    expect(await bench.pass(29)).toEqual([])
    expect(await bench.pass(1)).toEqual(['SIGKILL a'])
    expect(await bench.exit('a', 137)).toEqual(['Failed', 'remove sandbox', 'delete u1'])
  })

  test('a second deletion shortens the grace period, and cannot lengthen it', async () => {
    const bench = await started()
    change(bench.kubelet, deleted(podOf(), 30))
    await bench.happened()
    change(bench.kubelet, deleted(podOf(), 2))
    change(bench.kubelet, deleted(podOf(), 60))
    expect(await bench.pass(2)).toEqual(['SIGKILL a'])
  })

  test('endpoints that are never removed hold it up to the grace period', async () => {
    const bench = await started({}, false)
    change(bench.kubelet, deleted(podOf(), 3))
    expect(await bench.happened()).toEqual(['endpoints of p'])
    expect(await bench.pass(3)).toEqual(['SIGTERM a'])
    expect(await bench.pass(2)).toEqual(['SIGKILL a'])
  })

  test('sidecars after the containers, the last one first', async () => {
    const initContainers = ['s', 't'].map((name) => ({ name, restartPolicy: 'Always' as const }))
    const bench = await started({ initContainers })
    change(bench.kubelet, deleted(podOf({ initContainers }), 30))
    expect(await bench.happened()).toEqual(['endpoints of p', 'SIGTERM a'])
    expect(await bench.exit('a')).toEqual(['SIGTERM t'])
    expect(await bench.exit('t')).toEqual(['SIGTERM s'])
    expect(await bench.exit('s')).toEqual(['Succeeded', 'remove sandbox', 'delete u1'])
  })

  test('in back-off there is nothing to wait for', async () => {
    const bench = await started()
    await bench.exit('a', 1)
    await bench.exit('a', 1)
    change(bench.kubelet, deleted(podOf(), 30))
    expect(await bench.happened()).toEqual(['Failed', 'remove sandbox', 'delete u1'])
    expect(bench.pendingTimers()).toBe(0)
  })

  test('an object that is gone, or another of the same name, ends it at once; the other one then runs', async () => {
    const bench = await started()
    change(bench.kubelet, podOf({}, { uid: 'u2' }))
    expect(await bench.happened()).toEqual(['SIGKILL a', 'endpoints of p'])
    expect(await bench.exit('a', 137)).toEqual([
      'Failed',
      'remove sandbox',
      'delete u1',
      'Pending',
      'start a 0',
      'Running',
    ])
    change(bench.kubelet, undefined)
    await bench.happened()
    expect(await bench.exit('a', 137)).toEqual(['Failed', 'remove sandbox', 'delete u2'])
  })

  test('stop ends all Pods and starts no more', async () => {
    const bench = await started()
    const stopped = bench.kubelet.stop(1)
    expect(await bench.happened()).toEqual(['endpoints of p', 'SIGTERM a'])
    await bench.exit('a')
    await stopped
    change(bench.kubelet, podOf({}, { uid: 'u2' }))
    expect(await bench.happened()).toEqual([])
  })
})
