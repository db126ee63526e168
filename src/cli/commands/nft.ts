import type { Command } from '../command.ts'
import { UsageError, type Context } from '../context.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

export const nft: Command = {
  name: 'nft',
  register(program, context, exit) {
    program
      .command('nft')
      .description("print a node's rules as nft text, with the names of the Services")
      .argument('[place]', 'a node, or "balancer" for the load balancer outside them', 'node-1')
      .addOption(nameOption())
      .action((place: string, options: { name?: string }) =>
        exit(print(networkName(options.name, context), place, context)),
      )
  },
}

async function print(name: string, place: string, context: Context): Promise<number> {
  const network = await requireNetwork(name)
  const text = await network.rules(place).catch((error: Error) => {
    throw new UsageError(error.message)
  })
  context.stdout.write(text)
  return 0
}
