/** The engine's main module: PID 1 of the network's namespaces. It speaks to the front and lives no longer than it. */
import { ENGINE_CHANNEL } from '../host/engine-process.ts'
import { reapOrphans } from '../host/reaper.ts'
import { createStandInRuntime } from '../kubelet/stand-in-process.ts'
import { createFrontLink } from './front-link.ts'
import type { FrontMessage } from './protocol.ts'
import { startCluster, type Cluster } from './start.ts'
import { holdStateDirectory } from './state/state-directory.ts'
import { StateRefusal } from './state/state-refusal.ts'

const standIn = createStandInRuntime()
standIn.prepare()
const link = createFrontLink(
  (message, handle, options, sent) => process.send?.(message, handle, options, sent),
  ENGINE_CHANNEL,
)
let cluster: Cluster | undefined
const removeStateDirectory = holdStateDirectory(process.argv[2] ?? '')

process.on('message', (message: FrontMessage) => {
  if (message.kind === 'start') void start(message)
  else if (message.kind === 'stop') void stop()
  else link.receive(message)
})
// The front is gone, however it went: so is the network. As PID 1 this ends every process in it.
process.on('disconnect', leave)
// It went while this program was being loaded, and the event with it.
if (!process.connected) leave()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop())

reapOrphans()
link.send({ kind: 'booted' })

function leave(): void {
  removeStateDirectory()
  process.exit(0)
}

async function start({ options, objects }: FrontMessage & { kind: 'start' }): Promise<void> {
  try {
    cluster = await startCluster(options, objects, { link, standIn, stop: () => void stop() })
  } catch (error) {
    fail(error)
  }
}

async function stop(): Promise<void> {
  await cluster?.stop()
  link.send({ kind: 'stopped' }, () => process.exit(0))
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  console.error(error)
  const machine = /\bnft "|EPERM|EACCES|ENOSYS|EPROTONOSUPPORT|EOPNOTSUPP|ENOENT/.test(message)
  const cause = error instanceof StateRefusal ? 'usage' : machine ? 'machine' : 'unknown'
  link.send({ kind: 'failed', message, cause }, () => process.exit(1))
}
