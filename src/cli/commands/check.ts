import { Option } from 'commander'
import type { CheckCommandOptions } from '../check/run-check.ts'
import type { Command } from '../command.ts'
import { UsageError } from '../context.ts'
import { choicesOf } from '../format.ts'

export const check: Command = {
  name: 'check',
  register(program, context, exit) {
    const command = program
      .command('check')
      .description('find port chains that are broken in manifests, before they are applied')
      .argument('[files...]', 'YAML or JSON files, folders, or - for standard input')
      .option('-n, --namespace <namespace>', 'namespace of objects that state none (default: default)')
      .addOption(formatOption())
      .option(
        '--config <file>',
        'rules on and off, suppressions, baseline, node port range, cluster domain, open world',
      )
      .option('--strict', 'exit 1 for warnings too')
      .option('--fix', 'apply the safe fixes to the files, and print what changed')
      .option('--explain <rule>', 'print the page of a rule, such as PTL301')
      .addOption(
        new Option('--color <when>', 'when to use colour').choices(['auto', 'always', 'never']).default('auto'),
      )
      .option('--ascii', 'draw with ASCII characters only')
    command.action((files: string[], options: CheckCommandOptions) => {
      if (files.length === 0 && options.explain === undefined) {
        throw new UsageError(
          `check needs files, folders, or - for standard input\n\n${command.helpInformation().trimEnd()}`,
        )
      }
      // Loaded when it is needed: the other commands start without it.
      exit(import('../check/run-check.ts').then(({ runCheck }) => runCheck(files, options, context)))
    })
  },
}

function formatOption(): Option {
  const option = new Option('-o, --format <format>', 'how the findings are written')
  return choicesOf(option, ['text', 'short', 'json', 'sarif', 'github', 'junit'], { pretty: 'text' }).default('text')
}
