/** A kubelet whose machine is the test: its time, its containers, what its probes find. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ConfigMap, Pod, PodSpec, PodStatus } from '../../src/api/core.ts'
import { snapshotOf } from '../../src/model/snapshot.ts'
import type { ProbeOutcome } from '../../src/kubelet/probe/probe.ts'
import type { ContainerExit, ContainerRuntime } from '../../src/kubelet/container-runtime.ts'
import { createLogTimes } from '../../src/kubelet/log-times.ts'
import { createKubelet, type Kubelet } from '../../src/kubelet/kubelet.ts'

/** Lets everything that is already decided happen. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Timer {
  readonly at: number
  readonly callback: () => void
}

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
    /** To each timer in its turn. */
    async pass(seconds: number): Promise<void> {
      const end = now + seconds * 1000
      for (;;) {
        const [timer] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)
        if (timer === undefined) break
        timers.delete(timer)
        now = Math.max(now, timer.at)
        timer.callback()
        await settle()
      }
      now = end
    },
  }
}

/** A runtime whose containers end when the test says so. */
function createFakeRuntime(log: string[], seesFiles: boolean) {
  const exits = new Map<string, (exit: ContainerExit) => void>()
  const runtime: ContainerRuntime = {
    seesFiles: () => seesFiles,
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

/** What the kubelet did comes back as words, in order. */
export interface Bench {
  readonly kubelet: Kubelet
  readonly logDirectory: string
  pendingTimers(): number
  status(): PodStatus | undefined
  /** Sets what the probe of this path says: nothing for a success. */
  health(path: string, message?: string): void
  setObjects(next: readonly ConfigMap[]): void
  setSandboxProblem(problem: string | undefined): void
  /** Since the last call. */
  happened(): Promise<string[]>
  exit(name: string, exitCode?: number): Promise<string[]>
  pass(seconds: number): Promise<string[]>
}

/** A machine whose time and containers do what the test says. */
export function createBench(removesEndpoints = true, seesFiles = true): Bench {
  const log: string[] = []
  let versions = 1
  const time = createTime()
  const { runtime, exits } = createFakeRuntime(log, seesFiles)
  const statuses = new Map<string, PodStatus>()
  let objects: readonly ConfigMap[] = []
  let sandboxProblem: string | undefined
  /** Of each probe by its path: what it is told when it asks. */
  const health = new Map<string, ProbeOutcome>()
  const passes: ProbeOutcome = { passed: true, message: '' }
  const logDirectory = mkdtempSync(join(tmpdir(), 'portolan-kubelet-'))
  onTestFinished(() => rmSync(logDirectory, { recursive: true }))
  const kubelet = createKubelet({
    clock: time.clock,
    runtime,
    logDirectory,
    logTimes: createLogTimes(time.clock.now),
    volumeFolders: { directory: join(logDirectory, 'volumes'), claims: undefined, version: () => String(versions++) },
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
    recordEvent: (_pod, { reason, message }) => void log.push(`${reason} ${message}`),
    serviceAccountToken: () => undefined,
    prober: {
      async probe(_subject, { httpGet, exec }) {
        if (exec !== undefined) log.push(`exec ${exec.command?.join(' ')}`)
        return health.get(httpGet?.path ?? exec?.command?.join(' ') ?? '') ?? passes
      },
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
    health(path, message) {
      health.set(path, message === undefined ? passes : { passed: false, message })
    },
    setObjects: (next) => void (objects = next),
    setSandboxProblem: (problem) => void (sandboxProblem = problem),
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
      await time.pass(seconds)
      await settle()
      return log.splice(0)
    },
  }
}

export function podOf(spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u1', ...metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'a' }], ...spec },
  }
}

export const deleted = (pod: Pod, seconds: number): Pod => ({
  ...pod,
  metadata: { ...pod.metadata, deletionTimestamp: '1970-01-01T00:00:00Z', deletionGracePeriodSeconds: seconds },
})
export const change = (kubelet: Kubelet, pod: Pod | undefined): void => kubelet.podChanged('default/p', pod)
