/**
 * The C library functions that Node lacks, as a plain table of typed calls.
 *
 * Every call blocks its thread and costs about 0.1 us beside the system call itself. It returns what the C function
 * returns; after -1, `errno()` must be read before any other call. Pointers are typed arrays, which the call does not
 * keep, or 0n/null.
 */
import { createRequire } from 'node:module'
import type * as Koffi from 'koffi'
import { createPoll, type Poll } from './poll.ts'

/** Memory handed to a call: it must stay in place only for the time of the call. */
export type Pointer = ArrayBufferView | bigint | null

export interface Libc {
  /** The error number of the last failed call on this thread. */
  readonly errno: () => number
  /** The address of a typed array's memory, for structures that hold pointers. The array must be kept alive. */
  readonly address: (memory: ArrayBufferView) => bigint
  /** A name such as EAGAIN for an error number, for messages. */
  readonly errorName: (errno: number) => string
  readonly poll: Poll

  readonly open: (path: string, flags: number, mode: number) => number
  readonly close: (fd: number) => number
  readonly dup3: (from: number, to: number, flags: number) => number
  readonly flock: (fd: number, operation: number) => number
  readonly fcntl: (fd: number, command: number, argument: number) => number
  readonly ioctl: (fd: number, request: number, argument: Pointer) => number
  readonly read: (fd: number, buffer: Pointer, length: number) => number
  readonly write: (fd: number, buffer: Pointer, length: number) => number
  readonly pipe2: (fds: Int32Array, flags: number) => number
  readonly splice: (
    from: number,
    fromOffset: Pointer,
    to: number,
    toOffset: Pointer,
    length: number,
    flags: number,
  ) => number
  readonly eventfd: (initial: number, flags: number) => number

  readonly epollCreate1: (flags: number) => number
  readonly epollCtl: (epoll: number, operation: number, fd: number, event: Pointer) => number
  readonly epollWait: (epoll: number, events: Pointer, maximum: number, timeoutMs: number) => number

  readonly socket: (family: number, type: number, protocol: number) => number
  readonly socketpair: (family: number, type: number, protocol: number, fds: Int32Array) => number
  readonly bind: (fd: number, address: Pointer, length: number) => number
  readonly listen: (fd: number, backlog: number) => number
  readonly accept4: (fd: number, address: Pointer, length: Pointer, flags: number) => number
  readonly connect: (fd: number, address: Pointer, length: number) => number
  readonly shutdown: (fd: number, how: number) => number
  readonly getsockname: (fd: number, address: Pointer, length: Pointer) => number
  readonly getsockopt: (fd: number, level: number, name: number, value: Pointer, length: Pointer) => number
  readonly setsockopt: (fd: number, level: number, name: number, value: Pointer, length: number) => number
  readonly recv: (fd: number, buffer: Pointer, length: number, flags: number) => number
  readonly send: (fd: number, buffer: Pointer, length: number, flags: number) => number
  readonly recvfrom: (
    fd: number,
    buffer: Pointer,
    length: number,
    flags: number,
    address: Pointer,
    addressLength: Pointer,
  ) => number
  readonly sendto: (
    fd: number,
    buffer: Pointer,
    length: number,
    flags: number,
    address: Pointer,
    addressLength: number,
  ) => number
  readonly recvmsg: (fd: number, message: Pointer, flags: number) => number
  readonly sendmsg: (fd: number, message: Pointer, flags: number) => number
  readonly recvmmsg: (fd: number, messages: Pointer, count: number, flags: number, timeout: Pointer) => number
  readonly sendmmsg: (fd: number, messages: Pointer, count: number, flags: number) => number

  /** Moves the calling thread only: on a process with several threads the others stay where they are. */
  readonly setns: (fd: number, kind: number) => number
  readonly unshare: (flags: number) => number
  readonly mount: (
    source: string | null,
    target: string,
    type: string | null,
    flags: number,
    data: string | null,
  ) => number
  readonly umount2: (target: string, flags: number) => number
  readonly sethostname: (name: string, length: number) => number
  readonly prctl: (option: number, argument2: number, argument3: number, argument4: number, argument5: number) => number
  readonly gettid: () => number
  /** For calls without a function of their own in older C libraries. */
  readonly syscall: (number: number, argument1: number, argument2: Pointer, argument3: number) => number
  readonly waitpid: (pid: number, status: Pointer, options: number) => number
}

const memory = 'void *'

type OfKoffi = 'errno' | 'address' | 'errorName' | 'poll'

/** C name, and the types of its arguments. All of them return an int, or a size that fits in one. */
const signatures = {
  open: ['open', 'const char *', 'int', 'uint'],
  close: ['close', 'int'],
  dup3: ['dup3', 'int', 'int', 'int'],
  flock: ['flock', 'int', 'int'],
  fcntl: ['fcntl', 'int', 'int', 'long'],
  ioctl: ['ioctl', 'int', 'ulong', memory],
  read: ['read', 'int', memory, 'size_t'],
  write: ['write', 'int', memory, 'size_t'],
  pipe2: ['pipe2', memory, 'int'],
  splice: ['splice', 'int', memory, 'int', memory, 'size_t', 'uint'],
  eventfd: ['eventfd', 'uint', 'int'],
  epollCreate1: ['epoll_create1', 'int'],
  epollCtl: ['epoll_ctl', 'int', 'int', 'int', memory],
  epollWait: ['epoll_wait', 'int', memory, 'int', 'int'],
  socket: ['socket', 'int', 'int', 'int'],
  socketpair: ['socketpair', 'int', 'int', 'int', memory],
  bind: ['bind', 'int', memory, 'uint'],
  listen: ['listen', 'int', 'int'],
  accept4: ['accept4', 'int', memory, memory, 'int'],
  connect: ['connect', 'int', memory, 'uint'],
  shutdown: ['shutdown', 'int', 'int'],
  getsockname: ['getsockname', 'int', memory, memory],
  getsockopt: ['getsockopt', 'int', 'int', 'int', memory, memory],
  setsockopt: ['setsockopt', 'int', 'int', 'int', memory, 'uint'],
  recv: ['recv', 'int', memory, 'size_t', 'int'],
  send: ['send', 'int', memory, 'size_t', 'int'],
  recvfrom: ['recvfrom', 'int', memory, 'size_t', 'int', memory, memory],
  sendto: ['sendto', 'int', memory, 'size_t', 'int', memory, 'uint'],
  recvmsg: ['recvmsg', 'int', memory, 'int'],
  sendmsg: ['sendmsg', 'int', memory, 'int'],
  recvmmsg: ['recvmmsg', 'int', memory, 'uint', 'int', memory],
  sendmmsg: ['sendmmsg', 'int', memory, 'uint', 'int'],
  setns: ['setns', 'int', 'int'],
  unshare: ['unshare', 'int'],
  mount: ['mount', 'const char *', 'const char *', 'const char *', 'ulong', 'const char *'],
  umount2: ['umount2', 'const char *', 'int'],
  sethostname: ['sethostname', 'const char *', 'size_t'],
  prctl: ['prctl', 'int', 'ulong', 'ulong', 'ulong', 'ulong'],
  gettid: ['gettid'],
  syscall: ['syscall', 'long', 'long', memory, 'long'],
  waitpid: ['waitpid', 'int', memory, 'int'],
} as const satisfies Record<Exclude<keyof Libc, OfKoffi>, readonly [string, ...string[]]>

function loadKoffi(): typeof Koffi {
  const name = `@koromix/koffi-linux-${process.arch}`
  try {
    return createRequire(import.meta.url)(name)
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw new Error(`the package ${name}, which makes system calls, cannot be loaded: ${why}`, { cause: error })
  }
}

function loadLibc(): Libc {
  if (process.platform !== 'linux') throw new Error(`the C library calls need Linux, this is ${process.platform}`)
  const koffi = loadKoffi()
  const library = koffi.load(null)
  const names = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]))
  const calls = Object.fromEntries(
    Object.entries(signatures).map(([name, [symbol, ...types]]) => [name, library.func(symbol, 'int', types)]),
  ) as unknown as Omit<Libc, OfKoffi>
  return Object.freeze({
    ...calls,
    errno: () => koffi.errno(),
    address: (memory: ArrayBufferView) => koffi.address(memory),
    errorName: (errno: number) => names.get(errno) ?? `errno ${errno}`,
    poll: createPoll(koffi, library),
  })
}

let loaded: Libc | undefined

/** The table, loaded at the first call on each thread. Throws where this is not Linux or koffi's package is missing. */
export function libc(): Libc {
  loaded ??= loadLibc()
  return loaded
}

/** Whether there is such a table on this machine. */
export function hasLibc(): boolean {
  try {
    libc()
    return true
  } catch {
    return false
  }
}

/** What the kernel answered to something that failed. */
export class KernelError extends Error {
  /** `ENOMEM` */
  readonly code: string

  constructor(what: string, code: string) {
    super(`${what}: ${code}`)
    this.code = code
  }
}

/** Throws a KernelError with the call's name when `result` is -1; gives it back otherwise. */
export function checked(call: string, result: number): number {
  if (result !== -1) return result
  const table = libc()
  throw new KernelError(call, table.errorName(table.errno()))
}
