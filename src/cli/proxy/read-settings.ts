/** What `portolan proxy` is told, checked. */
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type DetectLocal, PRIMARY } from '../../cluster/proxy/node-contexts.ts'
import type { RunProxyOptions } from '../../cluster/proxy/run-node-proxy.ts'
import { parseListenAddress, type ListenAddress } from '../../cluster/proxy/servers.ts'
import { parseGoDuration } from '../../lib/go-duration.ts'
import { parseCIDR, parseIP } from '../../lib/ip.ts'
import type { Context } from '../context.ts'
import { readConntrackOptions } from './conntrack-options.ts'
import { flagOf, type SettingReader } from './setting-reader.ts'

/** kube-proxy's words for several ranges. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  all: ['0.0.0.0/0', '::/0'],
  localhost: ['127.0.0.0/8', '::1/128'],
}
/** Milliseconds: kube-proxy's. */
const SYNC_PERIOD = 30_000

export function readSettings(reader: SettingReader, context: Context): Omit<RunProxyOptions, 'onMessage'> {
  const { options } = reader
  const {
    kubeconfig,
    context: name,
    node = hostname().toLowerCase(),
    takeOver = false,
    masqueradeAll = false,
    bindAddressHardFail = false,
  } = options
  const bindAddress = readBindAddress(reader)
  return {
    access: {
      ...(kubeconfig === undefined ? {} : { kubeconfig: resolve(context.workingDirectory, kubeconfig) }),
      ...(name === undefined ? {} : { context: name }),
      environment: context.environment,
    },
    node,
    takeOver,
    ...(bindAddress === undefined ? {} : { bindAddress }),
    detectLocal: readDetectLocal(reader),
    masqueradeAll,
    nodePortAddresses: readNodePortAddresses(reader),
    conntrack: readConntrackOptions(reader),
    healthAddress: readAddress(reader, 'healthzBindAddress'),
    metricsAddress: readAddress(reader, 'metricsBindAddress'),
    bindAddressHardFail,
    syncPeriod: readSyncPeriod(reader),
  }
}

function readBindAddress(reader: SettingReader): string | undefined {
  const { bindAddress } = reader.options
  // Of no address in particular: the Node's.
  if (bindAddress === undefined || bindAddress === '0.0.0.0' || bindAddress === '::') return undefined
  if (parseIP(bindAddress) !== undefined) return bindAddress
  return reader.refuse('bindAddress', `${JSON.stringify(bindAddress)}: not an IP address`, undefined)
}

function readSyncPeriod(reader: SettingReader): number {
  const { syncPeriod } = reader.options
  const seconds = syncPeriod === undefined ? SYNC_PERIOD / 1000 : parseGoDuration(syncPeriod)
  if (seconds !== undefined && seconds > 0) return seconds * 1000
  return reader.refuse('syncPeriod', `${JSON.stringify(syncPeriod)}: not a time such as 30s or 1m30s`, SYNC_PERIOD)
}

function readDetectLocal(reader: SettingReader): DetectLocal {
  const { detectLocalMode, clusterCidr } = reader.options
  const mode = detectLocalMode ?? (clusterCidr === undefined ? 'NodeCIDR' : 'ClusterCIDR')
  switch (mode) {
    case 'ClusterCIDR':
      if (clusterCidr === undefined)
        reader.warn('detectLocalMode', `${mode}: no cluster CIDR is given, so nobody counts as a Pod of this node`)
      return { mode, ranges: clusterCidr === undefined ? [] : readRanges(reader, 'clusterCidr', clusterCidr) }
    case 'BridgeInterface':
      return { mode, name: readInterface(reader, 'podBridgeInterface', mode) }
    case 'InterfaceNamePrefix':
      return { mode, name: readInterface(reader, 'podInterfaceNamePrefix', mode) }
    default:
      return { mode }
  }
}

/** As kube-proxy in nftables mode: what is on loopback is ignored. */
function readNodePortAddresses(reader: SettingReader): readonly string[] {
  const words = reader.options.nodeportAddresses.split(',').map((word) => word.trim())
  const ranges = words.filter((word) => word !== PRIMARY).flatMap((word) => KEYWORDS[word] ?? [word])
  const loopback = ranges.find((range) => range.startsWith('127.') || range === '::1/128')
  if (loopback !== undefined)
    reader.warn('nodeportAddresses', `${JSON.stringify(loopback)}: ignored, since nodePorts do not answer on loopback`)
  return [
    ...words.filter((word) => word === PRIMARY),
    ...ranges.flatMap((range) => readRanges(reader, 'nodeportAddresses', range)),
  ]
}

function readRanges(
  reader: SettingReader,
  option: 'clusterCidr' | 'nodeportAddresses',
  text: string,
): readonly string[] {
  const ranges = text.split(',').map((range) => range.trim())
  const wrong = ranges.find((range) => parseCIDR(range) === undefined)
  if (wrong === undefined) return ranges
  const or = option === 'clusterCidr' ? '' : `, nor ${PRIMARY}`
  return reader.refuse(option, `${JSON.stringify(wrong)}: not a range such as 10.244.0.0/16${or}`, [])
}

/** IFNAMSIZ is 16, with a NUL at the end. */
function readInterface(
  reader: SettingReader,
  option: 'podBridgeInterface' | 'podInterfaceNamePrefix',
  mode: DetectLocal['mode'],
): string {
  const name = reader.options[option]
  if (name === undefined) {
    const field = option === 'podBridgeInterface' ? 'bridgeInterface' : 'interfaceNamePrefix'
    return reader.refuse('detectLocalMode', `${mode} needs ${flagOf(option)}, or detectLocal.${field} in a file`, '')
  }
  if (/^[^\s/"*]{1,15}$/.test(name)) return name
  const message = `${JSON.stringify(name)}: not a name of an interface, which has up to 15 characters`
  return reader.refuse(option, message, '')
}

function readAddress(
  reader: SettingReader,
  option: 'healthzBindAddress' | 'metricsBindAddress',
): ListenAddress | undefined {
  const text = reader.options[option]
  if (text === 'none') return undefined
  const address = parseListenAddress(text)
  if (address !== undefined) return address
  const message = `${JSON.stringify(text)}: not an address with a port such as 127.0.0.1:10249, nor none`
  return reader.refuse(option, message, undefined)
}
