import { readFileSync, statSync, watch, type FSWatcher } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { dnsSnapshot } from '../../cluster/dns/objects.ts'
import type { DnsSource } from '../../cluster/dns/source.ts'
import { hasErrors } from '../../manifest/diagnostic.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { UsageError, type Context } from '../context.ts'
import { count } from '../format.ts'
import { printDiagnostics } from '../manifest-problems.ts'
import { readManifests } from '../read-manifests.ts'
import { readJsonList, type ListedObject } from './read-lists.ts'

/** An editor writes a file in several steps: they are read once, this many milliseconds after the first. */
const SETTLE = 100

export interface ObjectFiles {
  readonly source: DnsSource
  close(): void
}

/**
 * The objects of files, read again after each change of theirs. Undefined where something in them is wrong, which is
 * printed; if it becomes wrong later, that is printed and the objects stay as they were.
 */
export async function openObjectFiles(paths: readonly string[], context: Context): Promise<ObjectFiles | undefined> {
  const first = await readObjects(paths, context, 'nothing was started')
  if (first === undefined) return undefined
  let current: Snapshot = first
  let reading = Promise.resolve()
  const readAgain = async (): Promise<void> => {
    const next = await readObjects(paths, context, 'the objects stay as they were').catch((error: unknown) => {
      if (!(error instanceof UsageError)) throw error
      context.stderr.write(`portolan: ${error.message}: the objects stay as they were\n`)
    })
    if (next === undefined) return
    current = { ...next, resourceVersion: current.resourceVersion + 1 }
    context.stderr.write(`read again: ${contents(current)}\n`)
  }
  const close = watchFiles(paths, context, () => {
    reading = reading.then(readAgain)
  })
  return { source: { snapshot: () => current, synced: () => true }, close }
}

/** `3 Services, 2 EndpointSlices, 1 Pod` */
export function contents({ objects }: Snapshot): string {
  const { Service, EndpointSlice, Pod } = objects
  return [count(Service.size, 'Service'), count(EndpointSlice.size, 'EndpointSlice'), count(Pod.size, 'Pod')].join(', ')
}

/** The objects of the files; undefined where something in them is wrong, which is printed, with `outcome` at the end. */
export async function readObjects(
  paths: readonly string[],
  context: Context,
  outcome: string,
): Promise<Snapshot | undefined> {
  const lists = paths.map((path) => readListFile(path, context))
  if (lists.every((list) => list !== undefined)) return dnsSnapshot(lists.flat())
  const { manifest, texts } = await readManifests(paths, context)
  printDiagnostics(manifest.diagnostics, texts, context, outcome)
  return hasErrors(manifest.diagnostics) ? undefined : dnsSnapshot(manifest.objects)
}

/** Calls `changed` after each change of the files; the returned function ends that. Standard input does not change. */
function watchFiles(paths: readonly string[], context: Context, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      changed()
    }, SETTLE)
  }
  const watchers = paths.filter((path) => path !== '-').map((path) => watchPath(path, context, soon))
  // What can no longer be watched is still served as it was read.
  for (const watcher of watchers) watcher.on('error', () => watcher.close())
  return () => {
    clearTimeout(timer)
    for (const watcher of watchers) watcher.close()
  }
}

/** A file is watched through its folder: many programs write a new one and move it over the old. */
function watchPath(path: string, context: Context, changed: () => void): FSWatcher {
  const full = resolve(context.workingDirectory, path)
  if (statSync(full).isDirectory()) return watch(full, { recursive: true }, changed)
  return watch(dirname(full), (_, name) => {
    if (name === null || name === basename(full)) changed()
  })
}

/** Undefined for what is not a plain JSON file: it is read with more care. */
function readListFile(path: string, context: Context): readonly ListedObject[] | undefined {
  if (!path.endsWith('.json')) return undefined
  try {
    return readJsonList(readFileSync(resolve(context.workingDirectory, path), 'utf8'))
  } catch {
    // Whoever reads it with more care says why it cannot be read.
    return undefined
  }
}
