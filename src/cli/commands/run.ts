import type { RunningNetwork } from '../../cluster/control/client.ts'
import { runClient } from '../../cluster/pods/run-client.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'
import { podPlace } from '../pod-place.ts'

export const run: Command = {
  name: 'run',
  register(program, context, exit) {
    program
      .command('run')
      .description('run a program of this machine inside the network, with cluster DNS and your own files')
      .argument('<command...>', 'the program and its arguments, after --')
      .addOption(nameOption())
      .option(
        '--from <place>',
        'pod/[NAMESPACE/]NAME, deploy/NAME, node/NAME or outside (default: a client of its own)',
      )
      .passThroughOptions()
      .action((command: string[], options: { name?: string; from?: string }) =>
        exit(runIn(networkName(options.name, context), options.from, command)),
      )
  },
}

async function runIn(name: string, from: string | undefined, command: readonly string[]): Promise<number> {
  const network = await requireNetwork(name)
  try {
    return await runClient(network, name, await placeOf(from, network), command)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** As the network takes it, where a Pod is meant. */
async function placeOf(from: string | undefined, network: RunningNetwork): Promise<string | undefined> {
  if (from === undefined || !from.includes('/') || from.startsWith('node/')) return from
  const { namespace, name } = await podPlace(from, 'default', network)
  return `pod/${namespace}/${name}`
}
