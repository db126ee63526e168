import type { Command as Program } from 'commander'
import type { Forwarding } from '../../cluster/dns/forwarding.ts'
import type { ClusterOptions } from '../../cluster/options.ts'
import { stateDirectory } from '../../cluster/state/state-directory.ts'
import { resolve } from 'node:path'
import { parseIPv4 } from '../../lib/ip.ts'
import { DEFAULT_CLUSTER_CONFIG } from '../../model/cluster-config.ts'
import { UsageError, type Context } from '../context.ts'
import { forwardingOptions } from '../dns/forwarding-options.ts'
import { networkName } from '../network-name.ts'

/** As commander gives them. */
export interface UpOptions {
  readonly name?: string
  readonly detach?: boolean
  /** True without a value. */
  readonly wait?: string | true
  readonly nodes: string
  readonly run: readonly string[]
  readonly listen?: string
  readonly state?: string
  readonly dryRun?: boolean
  readonly check: boolean
  readonly dnsUpstream?: readonly string[]
  readonly dnsStubDomain?: readonly string[]
  readonly dnsHosts?: string
  readonly dnsSearchPath?: boolean
  readonly nodeCidr: string
  readonly podCidr: string
  readonly serviceCidr: string
  readonly lbCidr: string
  readonly clusterDomain: string
  readonly serviceNodePortRange: string
}

const MOST_NODES = 100

export function addNetworkOptions(program: Program): Program {
  const defaults = DEFAULT_CLUSTER_CONFIG
  return program
    .option('-d, --detach', 'return once the host ports answer, and leave the network running')
    .option('--wait [time]', 'wait until every Pod is ready, 60s unless said otherwise; exit 1 if they are not')
    .option('--name <name>', 'name of the network (default: the name of the current folder)')
    .option('--nodes <number>', 'how many nodes', '2')
    .option(
      '--run <workload=command>',
      'run a program of this machine in a Pod: [NS/]WORKLOAD[:CONTAINER]=CMD',
      collect,
      [],
    )
    .option('--listen <address>', 'open the host ports on this address instead of loopback')
    .option('--state <folder>', 'keep objects, addresses and ports in this folder, for the next up with it')
    .option('--dry-run', 'say what is wrong with the files, and start nothing')
    .option('--no-check', 'do not print what is suspicious in the manifests')
    .option(
      '--dns-upstream <server>',
      "IP:PORT for names that are not the cluster's, or none; may be repeated (default: as this machine)",
      collectSome,
    )
    .option(
      '--dns-stub-domain <domain=server>',
      'DOMAIN=IP:PORT: who answers the names below one domain; may be repeated',
      collectSome,
    )
    .option('--dns-hosts <file>', 'names with fixed addresses, in the form of /etc/hosts')
    .option('--dns-search-path', "cluster DNS walks a Pod's search path for it, in one round trip")
    .option(
      '--node-cidr <range>',
      'addresses of nodes; a second, IPv6 range in any of these makes the network dual stack',
      defaults.nodeCIDR,
    )
    .option('--pod-cidr <range>', 'addresses of Pods, a /24 for each node (IPv6: a /64)', defaults.podCIDR)
    .option('--service-cidr <range>', 'addresses of Services', defaults.serviceCIDR)
    .option('--lb-cidr <range>', 'addresses of load balancers', defaults.loadBalancerCIDR)
    .option('--cluster-domain <domain>', 'domain of cluster DNS', defaults.clusterDomain)
    .option('--service-node-port-range <range>', 'ports for NodePort Services', defaults.nodePortRange)
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

/** Without a default, so that what was not given stays undefined. */
function collectSome(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value]
}

/** Throws a UsageError for a value that cannot be. */
export function clusterOptions(options: UpOptions, context: Context): ClusterOptions {
  const name = networkName(options.name, context)
  const nodes = Number(options.nodes)
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MOST_NODES) {
    throw new UsageError(`--nodes ${JSON.stringify(options.nodes)}: a number from 1 to ${MOST_NODES}`)
  }
  if (options.listen !== undefined && parseIPv4(options.listen) === undefined) {
    throw new UsageError(`--listen ${JSON.stringify(options.listen)}: an IPv4 address of this machine, such as 0.0.0.0`)
  }
  return {
    name,
    nodes,
    config: {
      ...DEFAULT_CLUSTER_CONFIG,
      nodeCIDR: options.nodeCidr,
      podCIDR: options.podCidr,
      serviceCIDR: options.serviceCidr,
      loadBalancerCIDR: options.lbCidr,
      clusterDomain: options.clusterDomain,
      nodePortRange: options.serviceNodePortRange,
    },
    workingDirectory: context.workingDirectory,
    stateDirectory: stateDirectory(name).path,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
    ...(options.state === undefined ? {} : { state: resolve(context.workingDirectory, options.state) }),
    ...(options.dnsSearchPath === true ? { dnsSearchPath: true } : {}),
    run: Object.fromEntries(options.run.map(parseRun)),
  }
}

function parseRun(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  const [target, command] = [text.slice(0, at), text.slice(at + 1)]
  if (at > 0 && command !== '' && /^([^/:]+\/)?[^/:]+(:[^/:]+)?$/.test(target)) return [target, command]
  throw new UsageError(`--run ${JSON.stringify(text)}: say [NAMESPACE/]WORKLOAD[:CONTAINER]=COMMAND`)
}

/** Who answers names that are not the cluster's. Throws a UsageError for what cannot be. */
export function dnsForwarding(options: UpOptions, context: Context): Forwarding {
  const { dnsUpstream: upstream, dnsStubDomain: stubDomain, dnsHosts: hosts } = options
  return forwardingOptions({ prefix: 'dns-', upstream, stubDomain, hosts }, context)
}
