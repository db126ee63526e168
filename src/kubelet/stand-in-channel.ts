import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { programFile } from '../host/program-files.ts'
import type { ContainerExit } from './container-runtime.ts'
import type { Orders, Reports, StandIn } from './stand-in/protocol.ts'

/** The process of all stand-ins, seen from the kubelet: there when it is needed, orders gathered into one message. */
export interface StandInChannel {
  start(standIn: StandIn): void
  kill(id: number, signal: 'SIGTERM' | 'SIGKILL'): void
  /** Starts the process if there is none. */
  prepare(): void
  pid(): number | undefined
  /** Ends the process; `lost` follows. */
  close(): void
}

export interface StandInListener {
  reports(reports: Reports): void
  /** The process died, and with it all that was started, also what it had not heard of yet. */
  lost(exit: ContainerExit): void
}

/** One helper thread of V8 is enough. Flags of V8 itself would cost its start-up snapshot, about 13 ms. */
const NODE_FLAGS = ['--v8-pool-size=1']

/** `log` takes what the process itself writes, such as a crash. */
export function createStandInChannel(log: 'ignore' | 'inherit' | number, listener: StandInListener): StandInChannel {
  let child: ChildProcess | undefined
  let orders: { start: StandIn[]; kill: Orders['kill'][number][] } = { start: [], kill: [] }
  let queued = false

  function lost(gone: ChildProcess, exit: ContainerExit): void {
    if (child !== gone) return
    child = undefined
    orders = { start: [], kill: [] }
    listener.lost(exit)
  }

  function prepare(): ChildProcess {
    if (child !== undefined) return child
    const made = spawn(process.execPath, [...NODE_FLAGS, programFile('kubelet/stand-in/main')], {
      stdio: ['ignore', log, log, 'ipc'],
    })
    made.on('message', (reports: Reports) => listener.reports(reports))
    made.once('error', (error) => lost(made, { exitCode: 128, reason: 'StartError', message: error.message }))
    made.once('exit', (code, signal) => lost(made, exitOf(code, signal)))
    child = made
    return made
  }

  function send(): void {
    if (queued) return
    queued = true
    setImmediate(() => {
      queued = false
      const message: Orders = orders
      orders = { start: [], kill: [] }
      if (child === undefined && message.start.length === 0) return
      // A send that fails is followed by the exit, which says what there is to say.
      prepare().send(message, () => undefined)
    })
  }

  return {
    start(standIn) {
      orders.start.push(standIn)
      send()
    },
    kill(id, signal) {
      orders.kill.push({ id, signal })
      send()
    },
    prepare: () => void prepare(),
    pid: () => child?.pid,
    close: () => void child?.kill('SIGKILL'),
  }
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): ContainerExit {
  const number = signal === null ? undefined : constants.signals[signal]
  const how = number === undefined ? { exitCode: code ?? 0 } : { exitCode: 128 + number, signal: number }
  return { ...how, reason: 'Error', message: 'the process of all stand-ins ended' }
}
