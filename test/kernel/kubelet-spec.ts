import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import type { Container, Pod } from '../../src/api/core.ts'
import type { ContainerSpec } from '../../src/kubelet/container-runtime.ts'

/** Removed after the file's tests. */
export const folder: string = mkdtempSync(join(tmpdir(), 'portolan-kubelet-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A skip says its reason; on a CI machine it is a failure. */
export function skipUnless(reason: string | undefined): string | undefined {
  if (reason !== undefined && process.env['CI'] === 'true') throw new Error(`CI has to run this: ${reason}`)
  return reason
}

export const needsBuild = (): string | undefined =>
  existsSync(new URL('../../dist/kubelet/stand-in/main.js', import.meta.url)) ? undefined : 'dist/ is not built'

/** What the engine is to the kubelet: root of a user namespace. An ordinary user makes one on the way. */
export function unshareProgram(): string {
  if (process.getuid?.() === 0) return 'unshare'
  const path = join(folder, 'unshare')
  writeFileSync(path, '#!/bin/sh\nexec unshare --user --map-root-user "$@"\n', { mode: 0o700 })
  return path
}

export function needsUnshare(): string | undefined {
  const { status, stderr, error } = spawnSync(unshareProgram(), ['--mount', '--uts', '--pid', '--fork', 'true'])
  return status === 0 ? undefined : `unshare is refused here: ${error?.message ?? String(stderr).trim()}`
}

let count = 0

/** A container in the network namespace of the test itself. */
export function specOf(container: Partial<Container>, more: Partial<ContainerSpec> = {}): ContainerSpec {
  count += 1
  const full: Container = { name: 'web', image: 'nginx:1.21', ...container }
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nginx-pod', namespace: 'default', uid: 'u' },
    spec: { nodeName: 'node-1', containers: [full] },
  }
  const sandbox = { podIP: '127.0.0.1', hostIP: '192.168.1.100', hostname: 'nginx-pod' }
  const logPath = join(folder, `${count}.log`)
  return {
    pod,
    container: full,
    runsToCompletion: false,
    sandbox,
    env: () => ({}),
    restartCount: 0,
    mounts: [],
    logPath,
    ...more,
  }
}

export const logOf = (spec: ContainerSpec): string => readFileSync(spec.logPath, 'utf8')

/** Not a failure on a CI machine: the end-to-end tests have namespaces for every user. */
export const needsRoot = (): string | undefined =>
  process.getuid?.() === 0 ? undefined : 'making a network namespace here needs root'

/** Polls, bounded to 10 s. */
export async function eventually<T>(look: () => T | undefined): Promise<T> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const found = look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('it did not happen within 10 s')
}
