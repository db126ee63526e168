import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type DetectLocal, PRIMARY } from '../../cluster/proxy/node-contexts.ts'
import { parseListenAddress, type ListenAddress } from '../../cluster/proxy/servers.ts'
import {
  KubeconfigError,
  previewNodeProxy,
  ProxyRefusal,
  removeRules,
  runNodeProxy,
  type RunProxyOptions,
} from '../../cluster/proxy/run-node-proxy.ts'
import { parseCIDR } from '../../lib/ip.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { type ConntrackOptions, readConntrackOptions } from './conntrack-options.ts'

export interface ProxyCommandOptions extends ConntrackOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly node?: string
  readonly dryRun?: boolean
  readonly takeOver?: boolean
  readonly cleanup?: boolean
  readonly detectLocalMode?: DetectLocal['mode']
  readonly clusterCidr?: string
  readonly podBridgeInterface?: string
  readonly podInterfaceNamePrefix?: string
  readonly masqueradeAll?: boolean
  readonly nodeportAddresses: string
  readonly healthzBindAddress: string
  readonly metricsBindAddress: string
}

/** Milliseconds that a dry run waits for the API server. */
const PATIENCE = 20_000

export async function runProxy(options: ProxyCommandOptions, context: Context): Promise<number> {
  try {
    if (options.cleanup) {
      removeRules()
      return 0
    }
    const settings = readSettings(options, context)
    if (options.dryRun) return await preview(settings, context)
    const running = await runNodeProxy(settings)
    await interrupted()
    running.stop()
    return 0
  } catch (error) {
    if (error instanceof KubeconfigError) throw new UsageError(error.message)
    if (error instanceof ProxyRefusal) throw new MachineError(error.message)
    throw error
  }
}

async function preview(settings: RunProxyOptions, { stdout, stderr }: Context): Promise<number> {
  const text = await previewNodeProxy(settings, PATIENCE)
  stdout.write(text)
  if (text === '') stderr.write('portolan: nothing to change\n')
  return 0
}

function readSettings(options: ProxyCommandOptions, context: Context): RunProxyOptions {
  const {
    kubeconfig,
    context: name,
    node = hostname().toLowerCase(),
    takeOver = false,
    masqueradeAll = false,
  } = options
  return {
    access: {
      ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(context.workingDirectory, kubeconfig) }),
      ...(name === undefined ? {} : { context: name }),
      environment: context.environment,
    },
    node,
    takeOver,
    detectLocal: readDetectLocal(options),
    masqueradeAll,
    nodePortAddresses: readNodePortAddresses(options.nodeportAddresses),
    conntrack: readConntrackOptions(options),
    healthAddress: readAddress('--healthz-bind-address', options.healthzBindAddress),
    metricsAddress: readAddress('--metrics-bind-address', options.metricsBindAddress),
    onMessage: (message) => void context.stderr.write(`portolan proxy: ${message}\n`),
  }
}

function readDetectLocal(options: ProxyCommandOptions): DetectLocal {
  const { clusterCidr, podBridgeInterface, podInterfaceNamePrefix } = options
  const mode = options.detectLocalMode ?? (clusterCidr === undefined ? 'NodeCIDR' : 'ClusterCIDR')
  const need = <T>(value: T | undefined, option: string): T => {
    if (value !== undefined) return value
    throw new UsageError(`--detect-local-mode ${mode} needs ${option}`)
  }
  switch (mode) {
    case 'ClusterCIDR':
      return { mode, ranges: readRanges('--cluster-cidr', need(clusterCidr, '--cluster-cidr')) }
    case 'BridgeInterface':
      return { mode, name: readInterface('--pod-bridge-interface', need(podBridgeInterface, '--pod-bridge-interface')) }
    case 'InterfaceNamePrefix': {
      const option = '--pod-interface-name-prefix'
      return { mode, name: readInterface(option, need(podInterfaceNamePrefix, option)) }
    }
    default:
      return { mode }
  }
}

function readNodePortAddresses(text: string): readonly string[] {
  const words = text.split(',').map((word) => word.trim())
  const ranges = words.filter((word) => word !== PRIMARY)
  const loopback = ranges.find((range) => range.startsWith('127.') || range === '::1/128')
  if (loopback !== undefined) {
    throw new UsageError(`${NODE_PORTS} ${JSON.stringify(loopback)}: nodePorts do not answer on loopback`)
  }
  return [...words.filter((word) => word === PRIMARY), ...ranges.flatMap((range) => readRanges(NODE_PORTS, range))]
}

const NODE_PORTS = '--nodeport-addresses'

function readRanges(option: string, text: string): readonly string[] {
  const ranges = text.split(',').map((range) => range.trim())
  const wrong = ranges.find((range) => parseCIDR(range) === undefined)
  if (wrong === undefined) return ranges
  const or = option === NODE_PORTS ? `, nor ${PRIMARY}` : ''
  throw new UsageError(`${option} ${JSON.stringify(wrong)}: not a range such as 10.244.0.0/16${or}`)
}

/** IFNAMSIZ is 16, with a NUL at the end. */
function readInterface(option: string, name: string): string {
  if (/^[^\s/"*]{1,15}$/.test(name)) return name
  throw new UsageError(`${option} ${JSON.stringify(name)}: not a name of an interface, which has up to 15 characters`)
}

function readAddress(option: string, text: string): ListenAddress | undefined {
  if (text === 'none') return undefined
  const address = parseListenAddress(text)
  if (address !== undefined) return address
  throw new UsageError(
    `${option} ${JSON.stringify(text)}: not an address with a port such as 127.0.0.1:10249, nor none`,
  )
}

/** A signal ends the program; the rules stay. */
function interrupted(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end())
  })
}
