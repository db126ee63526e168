import { Option, type Command as Program } from 'commander'
import type { Command } from '../command.ts'
import { UsageError } from '../context.ts'
import type { DnsCommandOptions } from '../dns/options.ts'

export const dns: Command = {
  name: 'dns',
  register(program, context, exit) {
    const command = program.command('dns').description('cluster DNS by itself, for the objects of files')
    addDnsOptions(command).action((options: DnsCommandOptions) => {
      if (options.objects === undefined) {
        throw new UsageError(
          `dns needs --objects with files, folders, or - for standard input\n\n${command.helpInformation().trimEnd()}`,
        )
      }
      // Loaded when it is needed: the other commands start without it.
      exit(import('../dns/run-dns.ts').then(({ runDns }) => runDns(options, context)))
    })
  },
}

function addDnsOptions(command: Program): Program {
  return command
    .option('--objects <path...>', 'Namespaces, Services, EndpointSlices and Pods: files, folders, or -')
    .option('--listen <address...>', 'ADDR:PORT, [ADDR]:PORT or ADDR; port 0: any that is free', ['127.0.0.1:5300'])
    .option('--zone <domain>', 'the cluster domain', 'cluster.local')
    .option('--ttl <seconds>', 'of records and of denials', '5')
    .option(
      '--upstream <server...>',
      "IP:PORT for names that are not the cluster's, or none (default: as this machine)",
    )
    .option('--stub-domain <domain=server...>', 'DOMAIN=IP:PORT: who answers the names below one domain')
    .option('--hosts <file>', 'names with fixed addresses, in the form of /etc/hosts')
    .addOption(
      new Option('--pods <mode>', 'names of Pod addresses: of live Pods, of any address, of none')
        .choices(['verified', 'insecure', 'disabled'])
        .default('verified'),
    )
    .option('--endpoint-pod-names', "endpoints without hostname are called by their Pod's name")
    .option('--namespace <namespace...>', 'only these namespaces have names (default: all)')
    .option('--hide-empty', 'ClusterIP Services without ready endpoints have no name')
    .option('--search-path', 'walk the search path for the Pod that asks, in one round trip')
    .option('--cidr <range...>', 'addresses of Pods and Services: reverse names in these are never asked upstream')
}
