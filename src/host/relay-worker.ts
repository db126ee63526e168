/** The relay's thread. It blocks in epoll_wait, so that Node's own loop never runs here: commands come by an eventfd. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { closeRelayLoop, createRelayLoop, runRelayCommand, runRelayRound, watchWakeFd } from './relay-loop.ts'
import { type RelayCommand, type RelayNotice, type RelayWorkerData, sharedCounters } from './relay-messages.ts'

function run(port: MessagePort, { wakeFd, limits, stats }: RelayWorkerData): void {
  const loop = createRelayLoop(limits, sharedCounters(stats))
  watchWakeFd(loop, wakeFd, () => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      const command: RelayCommand = next.message
      runRelayCommand(loop, command)
      const notice: RelayNotice | undefined = command.kind === 'close' ? { closed: command.id } : undefined
      if (notice !== undefined) port.postMessage(notice)
    }
  })
  while (loop.running) runRelayRound(loop, () => performance.now())
  closeRelayLoop(loop)
}

if (parentPort !== null) run(parentPort, workerData)
