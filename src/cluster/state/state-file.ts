/** The objects of a network on disk: an SQLite file in the folder that `up --state` names. */
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database, Statement } from 'node-sqlite3-wasm'
import { isRecord } from '../../api/decode.ts'
import { isKind, type AnyObject } from '../../api/kinds.ts'
import { libc } from '../../host/libc.ts'
import { objectKey } from '../../model/snapshot.ts'
import type { WatchEvent } from '../../store/store.ts'
import { diskProblem, NO_ROOM } from './disk-problem.ts'
import { StateRefusal } from './state-refusal.ts'

/** What a network remembers beside its objects, each as JSON. */
export type StateNote = 'format' | 'ranges' | 'applied' | 'successors' | 'api-server' | 'token-key' | 'resourceVersion'

export interface StateFile {
  /** As they were written last. */
  objects(): readonly AnyObject[]
  /** As they were kept last, in no order. */
  events(): readonly unknown[]
  /** Goes to the disk with the next flush; `event` is undefined where it is gone. */
  keepEvent(name: string, event: unknown): void
  /** Undefined where there is no such note. */
  recall(note: StateNote): unknown
  /** Goes to the disk with the next flush. */
  remember(note: StateNote, value: unknown): void
  /** Goes to the disk with the next flush. */
  record(event: WatchEvent): void
  /** Writes all of it in one transaction. Why it cannot be written, else undefined: it is then tried again. */
  flush(): string | undefined
  close(): void
}

const FILE = 'portolan.db'
const FORMAT = 1
/** flock(2). */
const LOCK_EXCLUSIVE_NOW = 2 | 4
/** An engine whose front was killed needs a moment to end. In milliseconds. */
const [LOCK_TRIES, LOCK_PAUSE] = [100, 20]

/** Rejects with a StateRefusal. `network`: its name, for others that want the folder. */
export async function openStateFile(folder: string, network: string): Promise<StateFile> {
  const path = `${folder}/${FILE}`
  const lock = await lockFolder(folder, network)
  // SQLite's own lock is a folder here, which outlives a process that was killed. Ours has just shown that nobody has it.
  rmSync(`${path}.lock`, { recursive: true, force: true })
  try {
    const database = openDatabase(path)
    const notes = readNotes(database)
    const format = notes.get('format') ?? FORMAT
    if (format !== FORMAT) throw new Error(`it has format ${JSON.stringify(format)}, this version reads ${FORMAT}`)
    const file = stateFile(database, notes, folder, () => closeSync(lock))
    file.remember('format', FORMAT)
    return file
  } catch (error) {
    closeSync(lock)
    const why = reasonOf(error, folder)
    const wayOut = why === NO_ROOM ? 'make room, nothing is lost' : 'move it away to begin anew'
    throw new StateRefusal(`${path} cannot be read: ${why}; ${wayOut}`, { cause: error })
  }
}

/** The lock's file has the name of the network that holds it, or held it last. */
async function lockFolder(folder: string, network: string): Promise<number> {
  const path = `${folder}/lock`
  const fd = openSync(path, 'a', 0o600)
  for (let tries = 0; tries < LOCK_TRIES; tries++) {
    if (libc().flock(fd, LOCK_EXCLUSIVE_NOW) === 0) {
      ftruncateSync(fd)
      writeSync(fd, network)
      return fd
    }
    await sleep(LOCK_PAUSE)
  }
  closeSync(fd)
  const holder = readFileSync(path, 'utf8')
  throw new StateRefusal(
    holder === ''
      ? `--state ${folder}: another network uses it: name another folder`
      : `--state ${folder}: network ${holder} uses it: "portolan down --name ${holder}" ends that, or name another folder`,
  )
}

const TABLES = [
  'CREATE TABLE IF NOT EXISTS object (kind TEXT, key TEXT, value TEXT, PRIMARY KEY (kind, key))',
  'CREATE TABLE IF NOT EXISTS event (name TEXT PRIMARY KEY, value TEXT)',
  'CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT)',
]
const [BEGIN, COMMIT, ROLLBACK] = ['BEGIN', 'COMMIT', 'ROLLBACK']

/** Exclusive, because a write-ahead log otherwise needs memory that processes share, which WebAssembly has not. */
function openDatabase(path: string): Database {
  const sqlite: typeof import('node-sqlite3-wasm') = createRequire(import.meta.url)('node-sqlite3-wasm')
  const database = new sqlite.Database(path)
  database.all('PRAGMA locking_mode = EXCLUSIVE')
  database.all('PRAGMA journal_mode = WAL')
  database.all('PRAGMA synchronous = NORMAL')
  for (const statement of TABLES) database.exec(statement)
  return database
}

function readNotes(database: Database): ReadonlyMap<string, unknown> {
  const rows = database.all('SELECT name, value FROM note')
  return new Map(rows.map(({ name, value }) => [textOf(name), JSON.parse(textOf(value)) as unknown]))
}

function reasonOf(error: unknown, folder: string): string {
  return diskProblem(error instanceof Error ? error.message : String(error), () => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  })
}

/** Of each object and note the last word alone is written, however often it changed between two flushes. */
function stateFile(
  database: Database,
  notes: ReadonlyMap<string, unknown>,
  folder: string,
  unlock: () => void,
): StateFile {
  const changed = new Map<string, { readonly object: AnyObject; readonly gone: boolean }>()
  const noted = new Map<string, string>()
  const events = new Map<string, unknown>()
  const statements = prepare(database)
  let open = true
  return {
    objects: () => database.all('SELECT value FROM object').flatMap(({ value }) => readStored(textOf(value))),
    events: () => database.all('SELECT value FROM event').map(({ value }): unknown => JSON.parse(textOf(value))),
    keepEvent: (name, event) => void events.set(name, event),
    recall: (note) => notes.get(note),
    remember: (note, value) => void noted.set(note, JSON.stringify(value)),
    record({ type, object }) {
      const { resourceVersion } = object.metadata
      changed.set(`${object.kind} ${objectKey(object)}`, { object, gone: type === 'DELETED' })
      noted.set('resourceVersion', String(resourceVersion))
    },
    flush() {
      if (!open || changed.size + noted.size + events.size === 0) return undefined
      try {
        writeAll(database, statements, { changed, noted, events })
      } catch (error) {
        return reasonOf(error, folder)
      }
      changed.clear()
      noted.clear()
      events.clear()
      return undefined
    },
    close() {
      if (!open) return
      open = false
      for (const statement of Object.values(statements)) statement.finalize()
      database.close()
      unlock()
    },
  }
}

interface Statements {
  readonly put: Statement
  readonly remove: Statement
  readonly note: Statement
  readonly putEvent: Statement
  readonly removeEvent: Statement
}

function prepare(database: Database): Statements {
  return {
    put: database.prepare('INSERT OR REPLACE INTO object VALUES (?, ?, ?)'),
    remove: database.prepare('DELETE FROM object WHERE kind = ? AND key = ?'),
    note: database.prepare('INSERT OR REPLACE INTO note VALUES (?, ?)'),
    putEvent: database.prepare('INSERT OR REPLACE INTO event VALUES (?, ?)'),
    removeEvent: database.prepare('DELETE FROM event WHERE name = ?'),
  }
}

interface Unwritten {
  readonly changed: ReadonlyMap<string, { readonly object: AnyObject; readonly gone: boolean }>
  readonly noted: ReadonlyMap<string, string>
  /** undefined: gone. */
  readonly events: ReadonlyMap<string, unknown>
}

function writeAll(database: Database, statements: Statements, { changed, noted, events }: Unwritten): void {
  const { put, remove, note, putEvent, removeEvent } = statements
  if (!database.inTransaction) database.exec(BEGIN)
  try {
    for (const { object, gone } of changed.values()) {
      const place = [object.kind, objectKey(object)]
      if (gone) remove.run(place)
      else put.run([...place, JSON.stringify(object)])
    }
    for (const [name, value] of noted) note.run([name, value])
    for (const [name, event] of events) {
      if (event === undefined) removeEvent.run([name])
      else putEvent.run([name, JSON.stringify(event)])
    }
    database.exec(COMMIT)
  } catch (error) {
    if (database.inTransaction) database.exec(ROLLBACK)
    throw error
  }
}

/** What a later version stored of a kind that is not known here is passed over. */
function readStored(text: string): readonly AnyObject[] {
  const value: unknown = JSON.parse(text)
  // Written by `flush` from an object of the store.
  return isRecord(value) && typeof value['kind'] === 'string' && isKind(value['kind']) ? [value as never] : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
