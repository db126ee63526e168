import { runClient } from '../../cluster/pods/run-client.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'
import { podHint, podPlace } from '../pod-place.ts'

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
  const pod = isPod(from) ? await podPlace(from, 'default', network) : undefined
  const place = pod === undefined ? from : `pod/${pod.namespace}/${pod.name}`
  try {
    return await runClient(network, name, place, command)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const isAbsent = pod !== undefined && message.startsWith('there is no running Pod')
    throw new UsageError(isAbsent ? `${message}${await podHint(pod, network)}` : message)
  }
}

function isPod(from: string | undefined): from is string {
  return from?.includes('/') === true && !from.startsWith('node/')
}
