import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

export const kubeconfig: Command = {
  name: 'kubeconfig',
  register(program, context, exit) {
    program
      .command('kubeconfig')
      .description('print the path of a kubeconfig for a running network')
      .addOption(nameOption())
      .action((options: { name?: string }) => exit(print(networkName(options.name, context), context)))
  },
}

async function print(name: string, context: Context): Promise<number> {
  context.stdout.write(`${await (await requireNetwork(name)).kubeconfig()}\n`)
  return 0
}
