import { Option, type Command as Program } from 'commander'
import { addConntrackOptions } from '../proxy/conntrack-options.ts'
import type { ProxyCommandOptions } from '../proxy/proxy-options.ts'
import type { OptionName } from '../proxy/setting-reader.ts'
import type { Command } from '../command.ts'

export const proxy: Command = {
  name: 'proxy',
  register(program, context, exit) {
    const command = program
      .command('proxy')
      .description("serve a real cluster's Services on this machine, in the place of kube-proxy")
      .option('--config <file>', "kube-proxy's configuration file; other options win over what it says")
      .option('--kubeconfig <file>', "the API server; without it, the Pod's own service account")
      .option('--context <name>', 'another context of the kubeconfig than the current one')
      .option('--node <name>', "this machine's Node (default: the host's name)")
      .option('--dry-run', 'print what would change as nft commands, and change nothing')
      .option('--take-over', 'replace the rules of kube-proxy that are here, in one transaction')
      .option('--cleanup', 'remove the rules that an earlier run has left, and end')
      .addOption(detectLocalOption())
      .option('--cluster-cidr <ranges>', 'addresses of all Pods, for ClusterCIDR')
      .option('--pod-bridge-interface <name>', 'the bridge of the Pods, for BridgeInterface')
      .option('--pod-interface-name-prefix <prefix>', "how Pods' interfaces begin, for InterfaceNamePrefix")
      .option('--bind-address <address>', "this machine's own address, in the place of the Node's")
      .option('--masquerade-all', 'hide the source of whatever comes to a ClusterIP, of Pods too')
      .option(
        '--nodeport-addresses <ranges>',
        "where nodePorts answer: primary (the Node's addresses), ranges of this machine's addresses, or 0.0.0.0/0",
        'primary',
      )
      .option('--healthz-bind-address <address>', 'where /healthz and /livez answer, or none', '0.0.0.0:10256')
      .option('--metrics-bind-address <address>', 'where /metrics answers, or none', '127.0.0.1:10249')
      .option('--bind-address-hard-fail', 'end where one of these two cannot be opened, and do not try again')
    addConntrackOptions(command).action((options: ProxyCommandOptions) =>
      exit(import('../proxy/run-proxy.ts').then(({ runProxy }) => runProxy(options, givenTo(command), context))),
    )
  },
}

/** Which options the command line has, and not only a default. */
function givenTo(command: Program): ReadonlySet<OptionName> {
  const names = Object.keys(command.opts<ProxyCommandOptions>()) as OptionName[]
  return new Set(names.filter((name) => command.getOptionValueSource(name) === 'cli'))
}

function detectLocalOption(): Option {
  return new Option(
    '--detect-local-mode <mode>',
    "how Pods of this node are known: by --cluster-cidr, where that is given, or else by the Node's own ranges",
  ).choices(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'])
}
