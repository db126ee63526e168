import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Pod } from '../api/core.ts'

function logFolder(logDirectory: string, pod: Pod, container: string): string {
  const { namespace = 'default', name, uid = '' } = pod.metadata
  return join(logDirectory, `${namespace}_${name}_${uid}`, container)
}

/** The file with a container's stdout and stderr of its run number `restartCount`. */
export function logPath(logDirectory: string, pod: Pod, container: string, restartCount: number): string {
  return join(logFolder(logDirectory, pod, container), `${restartCount}.log`)
}

/** Makes the folder of a run that is about to start, and removes all but the previous run's log. */
export function prepareLog(logDirectory: string, pod: Pod, container: string, restartCount: number): string {
  mkdirSync(logFolder(logDirectory, pod, container), { recursive: true })
  if (restartCount > 1) rmSync(logPath(logDirectory, pod, container, restartCount - 2), { force: true })
  return logPath(logDirectory, pod, container, restartCount)
}

/** Removes all logs of a Pod; the folder that they were in. */
export function removeLogs(logDirectory: string, pod: Pod): string {
  const folder = dirname(logFolder(logDirectory, pod, 'any'))
  rmSync(folder, { recursive: true, force: true })
  return folder
}
