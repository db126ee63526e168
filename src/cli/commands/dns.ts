import { Option, type Command as Program } from 'commander'
import type { Command } from '../command.ts'
import { UsageError, type Context } from '../context.ts'
import type { DnsCommandOptions } from '../dns/options.ts'
import type { LogOptions } from '../dns/run-log.ts'
import type { WhyOptions } from '../dns/run-why.ts'
import { formatOption } from '../format.ts'
import { nameOption } from '../network-name.ts'

export const dns: Command = {
  name: 'dns',
  register(program, context, exit) {
    const command = program
      .command('dns')
      .description('cluster DNS by itself, for the objects of a cluster or of files')
      .enablePositionalOptions()
    addDnsOptions(command).action((options: DnsCommandOptions) => {
      const isInPod = context.environment['KUBERNETES_SERVICE_HOST'] !== undefined
      if (options.objects === undefined && options.kubeconfig === undefined && !isInPod) {
        throw new UsageError(
          `dns needs --objects with files, folders, or - for standard input; or --kubeconfig for a cluster\n\n${command.helpInformation().trimEnd()}`,
        )
      }
      // Loaded when it is needed: the other commands start without it.
      exit(import('../dns/run-dns.ts').then(({ runDns }) => runDns(options, context)))
    })
    const why = command
      .command('why')
      .description('what a Pod would be answered for a name, and why')
      .argument('<name>', 'a name as a program in the Pod has it, or an address')
      .option(
        '--from <pod>',
        '[NAMESPACE/]POD or deploy/NAME that asks, or NAMESPACE/ for any of its Pods (default: default/)',
      )
      .option('--type <type>', 'A, AAAA, SRV, PTR, TXT, CNAME, MX, NS, SOA or ANY', 'A')
      .addOption(nameOption())
      .addOption(formatOption())
    addZoneOptions(
      why
        .option('--objects <path...>', 'objects in files, folders, or -; none: the running network')
        .option('--kubeconfig <file>', 'ask a real cluster: its API server is read, and nothing else is done')
        .option('--context <name>', 'another context of the kubeconfig than the current one'),
    ).action((name: string, options: WhyOptions) =>
      exit(import('../dns/run-why.ts').then(({ runWhy }) => runWhy(name, options, context))),
    )
    registerLog(command, context, exit)
  },
}

function registerLog(command: Program, context: Context, exit: (code: Promise<number>) => void): void {
  command
    .command('log')
    .description('follow the questions to the DNS of a running network, and the answers')
    .argument('[name...]', 'only names that are, begin with or end with one of these')
    .option(
      '--from <pod>',
      '[NAMESPACE/]POD or deploy/NAME that asks, NAMESPACE/ for any of its Pods, or node/NAME (default: everybody)',
    )
    .addOption(nameOption())
    .addOption(formatOption())
    .action((names: readonly string[], options: LogOptions) =>
      exit(import('../dns/run-log.ts').then(({ runLog }) => runLog(names, options, context))),
    )
}

function addDnsOptions(command: Program): Program {
  const own = command
    .option('--objects <path...>', 'Namespaces, Services, EndpointSlices and Pods: files, folders, or -')
    .option('--kubeconfig <file>', 'the API server; in a Pod, without --objects, that of its own service account')
    .option('--context <name>', 'another context of the kubeconfig than the current one')
    .option('--listen <address...>', 'ADDR:PORT, [ADDR]:PORT or ADDR; port 0: any that is free', ['127.0.0.1:5300'])
    .option(
      '--upstream <server...>',
      "IP:PORT for names that are not the cluster's, or none (default: as this machine)",
    )
    .option('--stub-domain <domain=server...>', 'DOMAIN=IP:PORT: who answers the names below one domain')
    .option('--hosts <file>', 'names with fixed addresses, in the form of /etc/hosts')
    .option('--search-path', 'walk the search path for the Pod that asks, in one round trip')
    .option('--monitor <address>', 'ADDR:PORT where /metrics, /health and /ready answer')
    .option('--lameduck <seconds>', 'how long SIGTERM leaves it answering, while /ready is 503 (default: 0)')
    .option('--log [pod...]', 'print each query, or only those of these Pods (NAMESPACE/POD)')
  return addZoneOptions(own)
}

/** What the zone shows of the objects. */
function addZoneOptions(command: Program): Program {
  return command
    .option('--zone <domain>', 'the cluster domain', 'cluster.local')
    .option('--ttl <seconds>', 'of records and of denials', '5')
    .addOption(
      new Option('--pods <mode>', 'names of Pod addresses: of live Pods, of any address, of none')
        .choices(['verified', 'insecure', 'disabled'])
        .default('verified'),
    )
    .option('--endpoint-pod-names', "endpoints without hostname are called by their Pod's name")
    .option('--namespace <namespace...>', 'only these namespaces have names (default: all)')
    .option('--hide-empty', 'ClusterIP Services without ready endpoints have no name')
    .option('--cidr <range...>', 'addresses of Pods and Services: reverse names in these are never asked upstream')
}
