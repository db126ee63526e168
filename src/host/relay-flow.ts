/** One direction of a relayed connection: moves bytes from one socket to another until a side cannot go on. */
import { type Libc, libc } from './libc.ts'
import type { Pipe, PipePool } from './relay-pipe.ts'
import { EAGAIN, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC } from './relay-socket.ts'

/** SPLICE_F_MOVE and SPLICE_F_NONBLOCK. */
const spliceFlags = 3
const copyBytes = 65536
/** Bytes that one flow may move before the others get their turn. */
const turnBytes = 1 << 20

export interface Flow {
  readonly source: number
  readonly target: number
  /** The source may hold bytes that were not read. */
  readable: boolean
  /** The target may take more. */
  writable: boolean
  /** A FIN, an error or urgent data is announced: read until the kernel says that nothing is left. */
  untilEmpty: boolean
  /** The source's FIN was read, and all that came before it was handed to the target. */
  ended: boolean
  /** Held only while bytes are in it. */
  pipe: Pipe | undefined
}

/**
 * `waiting`: an event must come first. `busy`: there is more, but others had to wait long enough.
 * `sourceFailed`, `targetFailed`: that socket is broken.
 */
export type Outcome = 'waiting' | 'busy' | 'ended' | 'sourceFailed' | 'targetFailed'

export interface Mover {
  readonly libc: Libc
  readonly pipes: PipePool
  readonly buffer: Uint8Array
  /** Bytes in this turn. */
  moved: number
}

export function createFlow(source: number, target: number, writable: boolean): Flow {
  return { source, target, readable: false, writable, untilEmpty: false, ended: false, pipe: undefined }
}

export function createMover(pipes: PipePool): Mover {
  return { libc: libc(), pipes, buffer: new Uint8Array(copyBytes), moved: 0 }
}

/** After a read that gave nothing: 0 at the FIN, -1 with an error. */
function stopReading(mover: Mover, flow: Flow, result: number): Outcome {
  if (result === 0) {
    flow.ended = true
    return 'ended'
  }
  if (mover.libc.errno() !== EAGAIN) return 'sourceFailed'
  flow.readable = false
  flow.untilEmpty = false
  return 'waiting'
}

function stopWriting(mover: Mover, flow: Flow): Outcome {
  if (mover.libc.errno() !== EAGAIN) return 'targetFailed'
  flow.writable = false
  return 'waiting'
}

function spliceStep(mover: Mover, flow: Flow, pipe: Pipe): Outcome {
  const { splice } = mover.libc
  if (pipe.held === 0) {
    const taken = splice(flow.source, null, pipe.writeEnd, null, pipe.capacity, spliceFlags)
    if (taken <= 0) return stopReading(mover, flow, taken)
    pipe.held = taken
    // A slot of the pipe holds a byte at least, so that it was not the pipe that ended this read.
    if (taken < pipe.slots && !flow.untilEmpty) flow.readable = false
  }
  const given = splice(pipe.readEnd, null, flow.target, null, pipe.held, spliceFlags)
  if (given < 0) return stopWriting(mover, flow)
  pipe.held -= given
  mover.moved += given
  return 'busy'
}

/** Peeks, sends, and drops from the source what was sent: nothing has to be kept here for a target that takes less. */
function copyStep(mover: Mover, flow: Flow): Outcome {
  const { recv, send } = mover.libc
  const seen = recv(flow.source, mover.buffer, copyBytes, MSG_PEEK | MSG_DONTWAIT)
  if (seen <= 0) return stopReading(mover, flow, seen)
  const sent = send(flow.target, mover.buffer, seen, MSG_NOSIGNAL | MSG_DONTWAIT)
  if (sent < 0) return stopWriting(mover, flow)
  recv(flow.source, null, sent, MSG_TRUNC | MSG_DONTWAIT)
  mover.moved += sent
  if (sent === seen && seen < copyBytes && !flow.untilEmpty) flow.readable = false
  return 'busy'
}

/** Splices where a pipe can be had, and copies elsewhere. `now` in milliseconds. */
export function pumpFlow(mover: Mover, flow: Flow, now: number): Outcome {
  let outcome: Outcome = 'busy'
  mover.moved = 0
  while (outcome === 'busy' && mover.moved < turnBytes) {
    const holds = flow.pipe !== undefined && flow.pipe.held > 0
    if (!flow.writable || !(flow.readable || holds)) outcome = 'waiting'
    else {
      flow.pipe ??= mover.pipes.acquire(now)
      outcome = flow.pipe === undefined ? copyStep(mover, flow) : spliceStep(mover, flow, flow.pipe)
    }
  }
  if (flow.pipe?.held === 0) releaseFlow(mover, flow)
  return outcome
}

/** Gives back the flow's pipe; bytes in it are lost. */
export function releaseFlow(mover: Mover, flow: Flow): void {
  if (flow.pipe === undefined) return
  mover.pipes.release(flow.pipe)
  flow.pipe = undefined
}
