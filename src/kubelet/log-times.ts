import { closeSync, openSync, statSync, watch, type FSWatcher } from 'node:fs'

/** When the parts of logs were written: programs write into their files themselves, and the kernel tells that they did. */
export interface LogTimes {
  /** Begins to look at a file, which is made where it is missing. */
  follow(path: string): void
  /** The last look, and no more of it. */
  end(path: string): void
  /** Milliseconds since 1970 at which the byte at `offset` was there; of what nobody has seen yet it is now. */
  timeOf(path: string, offset: number): number
  /** The first offset that was written at `time` or later. */
  offsetAt(path: string, time: number): number
  /** All files of a folder. */
  forget(folder: string): void
}

/** The file reached `size` at `time`. */
interface Mark {
  readonly size: number
  readonly time: number
}

interface Watched {
  marks: Mark[]
  watcher: FSWatcher | undefined
  timer: NodeJS.Timeout | undefined
}

/** A program that writes without a pause is looked at so often, in milliseconds. */
const PAUSE = 10
/** Of more marks every second one is dropped. */
const MOST_MARKS = 20_000

export function createLogTimes(now: () => number): LogTimes {
  const files = new Map<string, Watched>()
  const look = (path: string): void => {
    const file = files.get(path)
    const size = statSync(path, { throwIfNoEntry: false })?.size
    if (file === undefined || size === undefined || size <= (file.marks.at(-1)?.size ?? 0)) return
    file.marks.push({ size, time: now() })
    if (file.marks.length > MOST_MARKS) file.marks = file.marks.filter((_, i) => i % 2 === 1)
  }
  const changed = (path: string, file: Watched): void => {
    if (file.timer !== undefined) return
    look(path)
    file.timer = setTimeout(() => {
      file.timer = undefined
      look(path)
    }, PAUSE).unref()
  }
  const stop = (file: Watched): void => {
    file.watcher?.close()
    clearTimeout(file.timer)
    file.watcher = undefined
  }
  return {
    follow(path) {
      const file: Watched = { marks: [], watcher: undefined, timer: undefined }
      files.set(path, file)
      closeSync(openSync(path, 'a', 0o600))
      file.watcher = tryWatch(path, () => changed(path, file))
    },
    end(path) {
      const file = files.get(path)
      if (file === undefined) return
      look(path)
      stop(file)
    },
    timeOf(path, offset) {
      look(path)
      const marks = files.get(path)?.marks ?? []
      return marks[firstIndex(marks, ({ size }) => size > offset)]?.time ?? now()
    },
    offsetAt(path, time) {
      look(path)
      const marks = files.get(path)?.marks ?? []
      return marks[firstIndex(marks, (mark) => mark.time >= time) - 1]?.size ?? 0
    },
    forget(folder) {
      for (const [path, file] of files) {
        if (!path.startsWith(`${folder}/`)) continue
        stop(file)
        files.delete(path)
      }
    },
  }
}

/** Where the limit of inotify is reached, what is written counts as written when somebody asks. */
function tryWatch(path: string, listener: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, listener).on('error', () => undefined)
  } catch {
    return undefined
  }
}

/** Of the first mark that meets the condition, which all later ones meet too; their number where there is none. */
function firstIndex(marks: readonly Mark[], isMet: (mark: Mark) => boolean): number {
  let [low, high] = [0, marks.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const mark = marks[middle]
    if (mark !== undefined && isMet(mark)) high = middle
    else low = middle + 1
  }
  return low
}
