/**
 * Being told by Node's loop that a descriptor is readable.
 *
 * koffi's own poll makes an object with three named properties for each event, which takes longer than the system call that
 * reads. Here libuv, whose functions every Node exports, calls back with two numbers.
 */
import { isMainThread } from 'node:worker_threads'
import type * as Koffi from 'koffi'

export interface PollHandle {
  /** From now on nothing is told. To be called before the descriptor is closed. */
  close(): void
}

/**
 * Tells each time Node's loop finds the descriptor readable; `status` is 0, or below where the loop gave it up. Nothing is
 * read. The handle must be kept. What `onReadable` throws is an uncaught exception.
 */
export type Poll = (fd: number, onReadable: (status: number) => void) => PollHandle

/** Of libuv: a kind of handle, and the first of the events. */
const [UV_POLL, UV_READABLE] = [8, 1]

export function createPoll(koffi: typeof Koffi, library: Koffi.LibraryHandle): Poll {
  let made: Poll | undefined
  return (fd, onReadable) => {
    // The loop of a Worker is not to be had.
    made ??= (isMainThread ? pollByLibuv(koffi, library) : undefined) ?? pollByKoffi(koffi)
    return made(fd, onReadable)
  }
}

export function pollByKoffi(koffi: typeof Koffi): Poll {
  // Its types say that the events come first: the status does.
  return (fd, onReadable) => koffi.node.poll(fd, guarded(onReadable) as never)
}

/** A native caller has no use for exceptions, and would trip over one that is left. */
function guarded(onReadable: (status: number) => void): (status: number) => void {
  return (status) => {
    try {
      onReadable(status)
    } catch (error) {
      setImmediate(() => {
        throw error
      })
    }
  }
}

type Call = (...values: readonly unknown[]) => unknown

interface Libuv {
  readonly handleSize: number
  readonly loop: unknown
  readonly init: Call
  readonly start: Call
  readonly close: Call
}

/** Undefined where this Node keeps libuv's functions to itself. */
export function pollByLibuv(koffi: typeof Koffi, library: Koffi.LibraryHandle): Poll | undefined {
  // The handle comes first, and nobody asks for it: its lowest byte costs least.
  const readable = koffi.pointer(koffi.proto('void', ['uint8_t', 'int', 'int']))
  const closed = koffi.pointer(koffi.proto('void', ['uintptr_t']))
  const uv = loadLibuv(library, readable, closed)
  if (uv === undefined) return undefined
  /** Handles that libuv knows, by address: their memory must stay until it lets go. */
  const known = new Map<number, { readonly memory: Uint8Array; readonly callback: bigint }>()
  const onClosed = koffi.register((address: number | bigint) => {
    const handle = known.get(Number(address))
    known.delete(Number(address))
    if (handle !== undefined) koffi.unregister(handle.callback)
  }, closed)
  return (fd, onReadable) => {
    const guard = guarded(onReadable)
    const memory = new Uint8Array(uv.handleSize)
    const callback = koffi.register((_: number, status: number) => guard(status), readable)
    const error = uv.init(uv.loop, memory, fd)
    if (error !== 0) {
      koffi.unregister(callback)
      throw new Error(`uv_poll_init: ${String(error)}`)
    }
    known.set(Number(koffi.address(memory)), { memory, callback })
    uv.start(memory, UV_READABLE, callback)
    let open = true
    return {
      close() {
        if (open) uv.close(memory, onClosed)
        open = false
      },
    }
  }
}

function loadLibuv(
  library: Koffi.LibraryHandle,
  readable: Koffi.TypeObject,
  closed: Koffi.TypeObject,
): Libuv | undefined {
  try {
    const handleSize = library.func('uv_handle_size', 'size_t', ['int']) as Call
    const loop = library.func('uv_default_loop', 'void *', []) as Call
    return {
      handleSize: Number(handleSize(UV_POLL)),
      loop: loop(),
      init: library.func('uv_poll_init', 'int', ['void *', 'void *', 'int']),
      start: library.func('uv_poll_start', 'int', ['void *', 'int', readable]),
      close: library.func('uv_close', 'void', ['void *', closed]),
    }
  } catch {
    return undefined
  }
}
