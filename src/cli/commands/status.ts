import { portsReport } from '../../explain/report/chains.ts'
import { podsReport } from '../../explain/report/pods.ts'
import { formatTable } from '../../explain/report/table.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOption, type Format } from '../format.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

export const status: Command = {
  name: 'status',
  register(program, context, exit) {
    program
      .command('status')
      .description('nodes, Pods, Services and their chains of a running network')
      .addOption(nameOption())
      .addOption(formatOption())
      .action((options: { name?: string; format: Format }) =>
        exit(print(networkName(options.name, context), options.format, context)),
      )
  },
}

async function print(name: string, format: Format, context: Context): Promise<number> {
  const network = await (await requireNetwork(name)).status()
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(network, null, 2)}\n`)
    return 0
  }
  const nodes = formatTable([
    ['NODE', 'ADDRESS'],
    ...network.nodes.map((node) => [node.name, node.addresses.join(', ')]),
  ])
  context.stdout.write(
    `network ${network.name}\n\n${nodes}\n${podsReport(network.pods)}\n${portsReport(network.chains, network.listeners)}`,
  )
  return 0
}
