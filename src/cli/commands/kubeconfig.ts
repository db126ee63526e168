import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Command } from '../command.ts'
import { UsageError, type Context } from '../context.ts'
import { mergeKubeconfigs } from '../merge-kubeconfigs.ts'
import { nameOption, networkName, requireNetwork } from '../network-name.ts'

interface KubeconfigOptions {
  readonly name?: string
  readonly merge?: boolean
}

export const kubeconfig: Command = {
  name: 'kubeconfig',
  register(program, context, exit) {
    program
      .command('kubeconfig')
      .description('print the path of a kubeconfig for a running network')
      .addOption(nameOption())
      .option('--merge', 'put it into your own kubeconfig as the current context, with the help of kubectl')
      .action((options: KubeconfigOptions) => exit(print(networkName(options.name, context), options, context)))
  },
}

async function print(name: string, { merge = false }: KubeconfigOptions, context: Context): Promise<number> {
  const path = await (await requireNetwork(name)).kubeconfig()
  context.stdout.write(`${merge ? mergeInto(ownPath(context), path) : path}\n`)
  return 0
}

/** The file that kubectl itself would write to. */
function ownPath({ environment }: Context): string {
  const [first] = (environment['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '')
  return first ?? join(environment['HOME'] ?? homedir(), '.kube/config')
}

function mergeInto(own: string, added: string): string {
  if (own === added) throw new UsageError(`KUBECONFIG names the network's own file: unset it, or name yours`)
  const text = mergeKubeconfigs([added, own])
  mkdirSync(dirname(own), { recursive: true, mode: 0o700 })
  // Whole or not at all: the file may hold the keys of other clusters.
  const beside = `${own}.portolan`
  writeFileSync(beside, text, { mode: 0o600 })
  renameSync(beside, own)
  return own
}
