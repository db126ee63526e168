import type { RunningNetwork } from '../../cluster/control/client.ts'
import { portsReport } from '../../explain/report/chains.ts'
import { heardChains, podsToHear } from '../../explain/report/heard-chains.ts'
import { trafficReport } from '../../explain/report/traffic.ts'
import type { PortChain } from '../../model/port-chain.ts'
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
      .option('--traffic', 'what has passed through each frontend to each endpoint')
      .addOption(formatOption())
      .action((options: { name?: string; traffic?: true; format: Format }) => {
        const show = options.traffic === true ? printTraffic : print
        exit(show(networkName(options.name, context), options.format, context))
      })
  },
}

async function print(name: string, format: Format, context: Context): Promise<number> {
  const network = await requireNetwork(name)
  const { chains: declared, listeners } = await network.status()
  const chains = await heardIn(network, declared)
  const text =
    format === 'json' ? `${JSON.stringify({ chains, listeners }, null, 2)}\n` : portsReport(chains, listeners)
  context.stdout.write(text)
  return 0
}

async function printTraffic(name: string, format: Format, context: Context): Promise<number> {
  const network = await requireNetwork(name)
  const traffic = await network.traffic()
  if (format === 'json') context.stdout.write(`${JSON.stringify(traffic, null, 2)}\n`)
  else {
    const { pods } = await network.status()
    context.stdout.write(trafficReport(traffic, new Map(pods.map((pod) => [pod.ip, pod.name]))))
  }
  return 0
}

/** Looking at the sockets of a Pod takes a moment: of more than these, what is declared has to do. */
const MOST_PODS = 64

async function heardIn(network: RunningNetwork, chains: readonly PortChain[]): Promise<readonly PortChain[]> {
  const pods = podsToHear(chains)
  if (pods.length === 0 || pods.length > MOST_PODS) return chains
  const { sockets } = await network.trace({ from: 'outside', names: [], protocol: 'TCP', dials: [], direct: [], pods })
  return heardChains(chains, sockets)
}
