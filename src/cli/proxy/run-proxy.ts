import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseListenAddress, type ListenAddress } from '../../cluster/proxy-servers.ts'
import {
  KubeconfigError,
  previewNodeProxy,
  ProxyRefusal,
  removeRules,
  runNodeProxy,
  type RunProxyOptions,
} from '../../cluster/run-node-proxy.ts'
import { parseCIDR } from '../../lib/ip.ts'
import { MachineError, UsageError, type Context } from '../context.ts'

export interface ProxyCommandOptions {
  readonly kubeconfig?: string
  readonly context?: string
  readonly node?: string
  readonly dryRun?: boolean
  readonly takeOver?: boolean
  readonly cleanup?: boolean
  readonly clusterCidr?: string
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
  const { kubeconfig, context: name, node = hostname().toLowerCase(), takeOver = false, clusterCidr } = options
  return {
    access: {
      ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(context.workingDirectory, kubeconfig) }),
      ...(name === undefined ? {} : { context: name }),
      environment: context.environment,
    },
    node,
    takeOver,
    clusterCIDRs: (clusterCidr?.split(',') ?? []).map(readRange),
    healthAddress: readAddress('--healthz-bind-address', options.healthzBindAddress),
    metricsAddress: readAddress('--metrics-bind-address', options.metricsBindAddress),
    onMessage: (message) => void context.stderr.write(`portolan proxy: ${message}\n`),
  }
}

function readRange(text: string): string {
  if (parseCIDR(text.trim()) !== undefined) return text.trim()
  throw new UsageError(`--cluster-cidr ${JSON.stringify(text)}: not a range such as 10.244.0.0/16`)
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
