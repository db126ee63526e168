import { Option } from 'commander'
import type { Command } from '../command.ts'
import { choicesOf } from '../format.ts'
import { nameOption } from '../network-name.ts'
import type { TraceCommandOptions } from '../trace/run-trace.ts'

export const trace: Command = {
  name: 'trace',
  register(program, context, exit) {
    program
      .command('trace')
      .description('follow one connection hop by hop, and say where and why it breaks')
      .argument('<from>', 'pod/NAME, deploy/NAME, NAMESPACE/pod/NAME, node[/NAME] or outside')
      .argument('<to>', 'a URL, svc/NAME:PORT, HOST:PORT, node:PORT or pod/NAME:PORT')
      .argument('[file...]', 'manifests (files, folders, -); without any: the running network')
      .option('-n, --namespace <namespace>', 'namespace of what states none', 'default')
      .addOption(nameOption())
      .option('--kubeconfig <file>', 'ask a real cluster: its API server is read, and nothing else is done')
      .option('--context <name>', 'another context of the kubeconfig than the current one')
      .option('--rules', 'show the rules of nftables that the packets meet, on the running network')
      .option('--packets', 'follow the packets of the connection, and show the rules that they really met')
      .addOption(formatOption())
      .addOption(colorOption())
      .option('--ascii', 'draw with ASCII characters only')
      .showHelpAfterError('who calls comes first: portolan trace FROM TO, such as portolan trace pod/web http://api/')
      .action((from: string, to: string, files: string[], options: TraceCommandOptions) =>
        exit(import('../trace/run-trace.ts').then(({ runTrace }) => runTrace(from, to, files, options, context))),
      )
  },
}

function formatOption(): Option {
  const option = new Option('-o, --format <format>', 'how the answer is written')
  return choicesOf(option, ['text', 'json'], { pretty: 'text' }).default('text')
}

function colorOption(): Option {
  return new Option('--color <when>', 'when to use colour').choices(['auto', 'always', 'never']).default('auto')
}
