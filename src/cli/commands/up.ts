import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { addNetworkOptions, clusterOptions, type UpOptions } from '../up/options.ts'
import { givenOptions } from '../up/start-options.ts'
import { startUp } from '../up/start.ts'

export const up: Command = {
  name: 'up',
  register(program, context: Context, exit) {
    const command = program
      .command('up')
      .description('run the Pods and Services of manifests; again: apply them to the running network')
      .argument('[files...]', 'YAML or JSON files, folders, or - for standard input; none: an empty network')
    addNetworkOptions(command).action((files: string[], options: UpOptions) =>
      exit(startUp(files, options, clusterOptions(options, context), givenOptions(command), context)),
    )
  },
}
