/** Pipes for splice(2), made when needed and used again. */
import { libc } from './libc.ts'
import type { RelayCounters } from './relay-messages.ts'
import { CLOEXEC, NONBLOCK } from './relay-socket.ts'

const F_SETPIPE_SZ = 1031
const F_GETPIPE_SZ = 1032
/** arm64 kernels may have pages of 64 KiB. */
const pageBytes = process.arch === 'x64' ? 4096 : 65536
const wantedBytes = 1 << 20
/** Beyond pipe-user-pages-soft an ordinary user's new pipes hold a page or two: copying is then faster. */
const leastBytes = 65536
const keptIdle = 8
const retryMs = 1000

export interface Pipe {
  readonly readEnd: number
  readonly writeEnd: number
  readonly capacity: number
  /** Buffers in the ring. A splice that moved fewer bytes than this cannot have filled it. */
  readonly slots: number
  /** Bytes inside now. */
  held: number
}

export interface PipePool {
  /** An empty pipe; undefined when there are `maxPipes` or the kernel gives none of use. `now` in milliseconds. */
  readonly acquire: (now: number) => Pipe | undefined
  /** Gives a pipe back; one that still holds bytes is closed. */
  readonly release: (pipe: Pipe) => void
  readonly close: () => void
}

function openPipe(fds: Int32Array): Pipe | undefined {
  const { pipe2, fcntl, close } = libc()
  if (pipe2(fds, NONBLOCK | CLOEXEC) !== 0) return undefined
  const [readEnd = -1, writeEnd = -1] = fds
  let capacity = fcntl(writeEnd, F_GETPIPE_SZ, 0)
  for (let size = wantedBytes; size > capacity; size /= 4) {
    if (fcntl(writeEnd, F_SETPIPE_SZ, size) >= size) capacity = size
  }
  if (capacity >= leastBytes) return { readEnd, writeEnd, capacity, slots: capacity / pageBytes, held: 0 }
  close(readEnd)
  close(writeEnd)
  return undefined
}

export function createPipePool(maxPipes: number, counters: RelayCounters): PipePool {
  const { close } = libc()
  const idle: Pipe[] = []
  const fds = new Int32Array(2)
  let retryAt = 0

  function acquire(now: number): Pipe | undefined {
    const pooled = idle.pop()
    if (pooled !== undefined || counters.pipes >= maxPipes || now < retryAt) return pooled
    const pipe = openPipe(fds)
    if (pipe === undefined) retryAt = now + retryMs
    else counters.pipes++
    return pipe
  }

  function discard(pipe: Pipe): void {
    close(pipe.readEnd)
    close(pipe.writeEnd)
    counters.pipes--
  }

  function release(pipe: Pipe): void {
    if (pipe.held === 0 && idle.length < keptIdle) idle.push(pipe)
    else discard(pipe)
  }

  return { acquire, release, close: () => idle.splice(0).forEach(discard) }
}
