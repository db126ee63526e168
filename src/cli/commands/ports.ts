import { portsReport } from '../../explain/report/chains.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOption, type Format } from '../format.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

export const ports: Command = {
  name: 'ports',
  register(program, context, exit) {
    program
      .command('ports')
      .description('one line for each port chain of a running network, broken ones first')
      .addOption(nameOption())
      .addOption(formatOption())
      .action((options: { name?: string; format: Format }) =>
        exit(print(networkName(options.name, context), options.format, context)),
      )
  },
}

async function print(name: string, format: Format, context: Context): Promise<number> {
  const { chains, listeners } = await (await requireNetwork(name)).status()
  const text =
    format === 'json' ? `${JSON.stringify({ chains, listeners }, null, 2)}\n` : portsReport(chains, listeners)
  context.stdout.write(text)
  return 0
}
