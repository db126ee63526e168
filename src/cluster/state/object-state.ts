/** The objects' way to the disk and back, for networks with `--state`. */
import { isRecord } from '../../api/decode.ts'
import { isKind, type AnyObject } from '../../api/kinds.ts'
import { internalErrorStatus } from '../../api/status.ts'
import type { Registry } from '../../apiserver/registry.ts'
import { refuse, type WriteResult } from '../../apiserver/write-result.ts'
import { objectKey, type Snapshot } from '../../model/snapshot.ts'
import type { WatchEvent } from '../../store/store.ts'
import { restoredSnapshot } from './restore.ts'
import type { StateFile } from './state-file.ts'

export interface ObjectState {
  /** Absent where nothing was stored. */
  readonly restored?: RestoredObjects
  record(event: WatchEvent): void
  /** `event` is undefined where it is gone. */
  keepEvent(name: string, event: unknown): void
  /** What manifests said, and the Pods that wait for the end of those before them. */
  remember(applied: ReadonlyMap<string, string>, successors: ReadonlyMap<string, AnyObject>): void
  /** Why what was written is not on the disk; undefined where it is. */
  flush(): string | undefined
}

export interface RestoredObjects {
  readonly snapshot: Snapshot
  readonly applied: ReadonlyMap<string, string>
  readonly successors: ReadonlyMap<string, AnyObject>
  readonly events: readonly unknown[]
}

/** Everything ends with the network. */
export const NO_STATE: ObjectState = {
  record: () => undefined,
  keepEvent: () => undefined,
  remember: () => undefined,
  flush: () => undefined,
}

/** Milliseconds until what the disk refused is tried again. */
const RETRY = 1000

/** What is recorded goes to the disk in one transaction for each turn of the event loop. */
export function objectState(file: StateFile, nodes: ReadonlySet<string>, onError: (why: string) => void): ObjectState {
  const version = file.recall('resourceVersion')
  let scheduled = false
  const flush = (): string | undefined => {
    const problem = file.flush()
    if (problem === undefined) return undefined
    onError(problem)
    setTimeout(schedule, RETRY).unref()
    return problem
  }
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      flush()
    })
  }
  return {
    ...(typeof version === 'number' && { restored: restoredObjects(file, version, nodes) }),
    record(event) {
      file.record(event)
      schedule()
    },
    keepEvent(name, event) {
      file.keepEvent(name, event)
      schedule()
    },
    remember(applied, successors) {
      file.remember('applied', [...applied])
      file.remember('successors', [...successors.values()])
      schedule()
    },
    flush,
  }
}

function restoredObjects(file: StateFile, version: number, nodes: ReadonlySet<string>): RestoredObjects {
  const successors = arrayOf(file.recall('successors')).filter(isObject)
  return {
    snapshot: restoredSnapshot(file.objects(), version, nodes),
    applied: new Map(arrayOf(file.recall('applied')).flatMap((entry) => (isPair(entry) ? [entry] : []))),
    successors: new Map(successors.map((object) => [`${object.kind} ${objectKey(object)}`, object])),
    events: file.events(),
  }
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function isPair(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
}

function isObject(value: unknown): value is AnyObject {
  return isRecord(value) && typeof value['kind'] === 'string' && isKind(value['kind']) && isRecord(value['metadata'])
}

/** A client hears that its write succeeded when it is on the disk. */
export function withState(registry: Registry, state: ObjectState): Registry {
  if (state === NO_STATE) return registry
  const written = <T>(result: WriteResult<T>): WriteResult<T> => {
    const problem = state.flush()
    return problem === undefined || 'failure' in result
      ? result
      : refuse(internalErrorStatus(`the folder of --state cannot be written: ${problem}`))
  }
  return {
    create: (object, options) => written(registry.create(object, options)),
    update: (object, options) => written(registry.update(object, options)),
    updateStatus: (object, options) => written(registry.updateStatus(object, options)),
    mergePatch: (kind, key, patch, options) => written(registry.mergePatch(kind, key, patch, options)),
    delete: (kind, key, options) => written(registry.delete(kind, key, options)),
    // Of controllers: nobody waits for an answer.
    finishDeletion: registry.finishDeletion,
  }
}
