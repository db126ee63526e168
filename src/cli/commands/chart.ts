import { Option } from 'commander'
import type { ChartCommandOptions } from '../chart/run-chart.ts'
import type { Command } from '../command.ts'
import { choicesOf } from '../format.ts'

export const chart: Command = {
  name: 'chart',
  register(program, context, exit) {
    program
      .command('chart')
      .description('draw the port chain of every Service')
      .argument('[file...]', 'manifests (files, folders, -); without any: the running network')
      .option('-n, --namespace <namespace>', 'namespace of what states none', 'default')
      .option('--service <name>', 'draw only this Service: NAME or NAMESPACE/NAME')
      .addOption(new Option('--kind <kind>', 'what to draw').choices(['flow', 'sequence', 'dns']).default('flow'))
      .addOption(formatOption())
      .option('--check <file>', 'exit 1 where the chart block of a Markdown file is out of date')
      .option('--update <file>', 'write the chart into the block of a Markdown file')
      .option('--block <name>', 'which block of the file, where it has several')
      .option('--name <name>', 'the running network (default: the name of the current folder)')
      .addOption(
        new Option('--color <when>', 'when to use colour').choices(['auto', 'always', 'never']).default('auto'),
      )
      .option('--ascii', 'draw with ASCII characters only')
      .action((files: string[], options: ChartCommandOptions) =>
        exit(import('../chart/run-chart.ts').then(({ runChart }) => runChart(files, options, context))),
      )
  },
}

function formatOption(): Option {
  const option = new Option('-o, --format <format>', 'text on a terminal, else mermaid')
  return choicesOf(option, ['mermaid', 'svg', 'text', 'json'], { terminal: 'text' })
}
