/** The process of all stand-ins of a network. It ends with the kubelet: when the channel closes. */
import type { Orders, Reports } from './protocol.ts'
import { runStandIn, type RunningStandIn } from './run-stand-in.ts'

const running = new Map<number, RunningStandIn>()
let started: number[] = []
let exited: Reports['exited'][number][] = []
let queued = false

/** What happens in one moment is one message. */
function report(): void {
  if (queued) return
  queued = true
  setImmediate(() => {
    queued = false
    const reports: Reports = { started, exited }
    started = []
    exited = []
    process.send?.(reports)
  })
}

process.on('message', ({ start, kill }: Orders) => {
  for (const standIn of start) {
    const { id } = standIn
    const child = runStandIn(standIn, {
      started() {
        started.push(id)
        report()
      },
      exited(exitCode, message) {
        running.delete(id)
        exited.push({ id, exitCode, ...(message === undefined ? {} : { message }) })
        report()
      },
    })
    running.set(id, child)
  }
  for (const { id, signal } of kill) running.get(id)?.kill(signal)
})
process.on('disconnect', () => process.exit(0))
// Signals of a terminal are the front's to answer.
process.on('SIGINT', () => undefined)
