import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ConfigMap, Pod, PodSpec, PodStatus } from '../api/core.ts'
import { snapshotOf } from '../model/snapshot.ts'
import type { ContainerExit, ContainerRuntime } from './container-runtime.ts'
import { createKubelet, type Kubelet } from './kubelet.ts'

/** Lets everything that is already decided happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Timer {
  readonly at: number
  readonly callback: () => void
}

const folder = mkdtempSync(join(tmpdir(), 'portolan-worker-'))
afterAll(() => rmSync(folder, { recursive: true }))

function createTime() {
  const timers = new Set<Timer>()
  let now = 0
  return {
    clock: {
      now: () => now,
      after(milliseconds: number, callback: () => void) {
        const timer = { at: now + milliseconds, callback }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    },
    pending: () => timers.size,
    pass(seconds: number): void {
      now += seconds * 1000
      for (const timer of [...timers].filter(({ at }) => at <= now)) {
        timers.delete(timer)
        timer.callback()
      }
    },
  }
}

/** A runtime whose containers end when the test says so. */
function createFakeRuntime(log: string[]) {
  const exits = new Map<string, (exit: ContainerExit) => void>()
  const runtime: ContainerRuntime = {
    start({ container: { name }, restartCount, env }) {
      log.push(`start ${name} ${restartCount}${env()['A'] === undefined ? '' : ` A=${env()['A']}`}`)
      return {
        containerID: `fake://${name}`,
        imageID: 'fake',
        started: Promise.resolve({ notes: [] }),
        exit: new Promise<ContainerExit>((resolve) => exits.set(name, resolve)),
        kill: (signal) => void log.push(`${signal} ${name}`),
      }
    },
  }
  return { runtime, exits }
}

/** A machine whose time and containers do what the test says; `log` has what the kubelet did, in order. */
function createBench(removesEndpoints = true) {
  const log: string[] = []
  const time = createTime()
  const { runtime, exits } = createFakeRuntime(log)
  const statuses = new Map<string, PodStatus>()
  let objects: readonly ConfigMap[] = []
  let sandboxProblem: string | undefined
  const logDirectory = mkdtempSync(join(folder, 'logs-'))
  const kubelet = createKubelet({
    clock: time.clock,
    runtime,
    logDirectory,
    snapshot: () => snapshotOf(objects),
    async runPodSandbox() {
      if (sandboxProblem !== undefined) throw new Error(sandboxProblem)
      return { podIP: '10.244.1.2', hostIP: '192.168.1.100', hostname: 'p' }
    },
    removePodSandbox: async () => void log.push('remove sandbox'),
    writeStatus(pod, status) {
      if (statuses.get(pod.metadata.name)?.phase !== status.phase) log.push(`${status.phase}`)
      statuses.set(pod.metadata.name, status)
    },
    deletePod: (pod) => void log.push(`delete ${pod.metadata.uid}`),
    endpointsRemoved(pod) {
      log.push(`endpoints of ${pod.metadata.name}`)
      return removesEndpoints ? Promise.resolve() : new Promise<void>(() => undefined)
    },
  })
  return {
    kubelet,
    logDirectory,
    pendingTimers: time.pending,
    status: () => statuses.get('p'),
    setObjects: (next: readonly ConfigMap[]) => (objects = next),
    setSandboxProblem: (problem: string | undefined) => (sandboxProblem = problem),
    /** What happened since the last call. */
    async happened(): Promise<string[]> {
      await settle()
      return log.splice(0)
    },
    async exit(name: string, exitCode = 0): Promise<string[]> {
      exits.get(name)?.({ exitCode })
      await settle()
      return log.splice(0)
    },
    async pass(seconds: number): Promise<string[]> {
      time.pass(seconds)
      await settle()
      return log.splice(0)
    },
  }
}

function podOf(spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1', ...metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'a' }], ...spec },
  }
}

const deleted = (pod: Pod, seconds: number): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '1970-01-01T00:00:00Z', deletionGracePeriodSeconds: seconds },
})
const change = (kubelet: Kubelet, pod: Pod | undefined): void => kubelet.podChanged('default/p', pod)

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

  test('a sandbox that cannot be made is tried again and said', async () => {
    const bench = createBench()
    bench.setSandboxProblem('no address is left')
    change(bench.kubelet, podOf())
    expect(await bench.happened()).toEqual(['Pending'])
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
    expect(await bench.pass(3)).toEqual(['SIGKILL a', 'SIGKILL a'])
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
    expect((await bench.happened()).at(-1)).toBe('SIGKILL a')
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
