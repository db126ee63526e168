import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { count } from '../format.ts'
import { isCutOff, networkFreed, stateDirectory, type StateDirectory } from '../../cluster/state/state-directory.ts'
import { isOwn } from '../up/report.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

export const down: Command = {
  name: 'down',
  register(program, context, exit) {
    program
      .command('down')
      .description('stop a running network and say what was removed')
      .addOption(nameOption())
      .action((options: { name?: string }) => exit(stop(networkName(options.name, context), context)))
  },
}

async function stop(name: string, context: Context): Promise<number> {
  const directory = stateDirectory(name)
  if (await isCutOff(directory)) return endCutOff(name, directory, context)
  const network = await requireNetwork(name)
  const { nodes, pods, chains, listeners } = await network.status()
  await network.stop()
  const own = chains.filter(({ service }) => !isOwn(service))
  const services = new Set(own.map(({ service }) => `${service.namespace}/${service.name}`)).size
  const open = listeners.filter(({ port }) => port !== undefined).length
  context.stdout.write(
    `network ${name} removed: ${count(nodes.length, 'node')}, ${count(pods.length, 'Pod')}, ` +
      `${count(services, 'Service')}, ${count(open, 'host port')}\n`,
  )
  return 0
}

/** Its front takes the signal as Ctrl-C. */
async function endCutOff(name: string, directory: StateDirectory, context: Context): Promise<number> {
  const { listenerPid } = await import('../../host/unix-peer.ts')
  const freed = networkFreed(directory)
  const front = listenerPid(directory.path)
  if (front !== undefined) process.kill(front, 'SIGTERM')
  await freed
  context.stdout.write(`network ${name} removed; its folder ${directory.path} was gone already\n`)
  return 0
}
