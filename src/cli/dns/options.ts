import { isIP, isIPv6 } from 'node:net'
import { dnsLabel, dnsSubdomain } from '../../api/syntax.ts'
import type { StandaloneDnsOptions } from '../../cluster/dns/standalone.ts'
import { parseListenAddress } from '../../cluster/dns/monitor.ts'
import { parseCIDR } from '../../lib/ip.ts'
import { UsageError } from '../context.ts'

/** As commander gives them. */
export interface DnsCommandOptions {
  readonly objects?: readonly string[]
  readonly kubeconfig?: string
  readonly context?: string
  readonly listen: readonly string[]
  readonly zone: string
  readonly ttl: string
  readonly upstream?: readonly string[]
  readonly stubDomain?: readonly string[]
  readonly hosts?: string
  readonly pods: 'verified' | 'insecure' | 'disabled'
  readonly endpointPodNames?: boolean
  readonly namespace?: readonly string[]
  readonly hideEmpty?: boolean
  readonly searchPath?: boolean
  readonly monitor?: string
  readonly lameduck?: string
  /** True without a value. */
  readonly log?: readonly string[] | true
  readonly cidr?: readonly string[]
}

const MOST_TTL = 3600
const MOST_LAMEDUCK = 3600
const DNS_PORT = 53

/** What the zone shows. Throws a UsageError for a value that cannot be. */
export function zoneOptions(options: DnsCommandOptions): StandaloneDnsOptions['config'] {
  const clusterDomain = options.zone.toLowerCase().replace(/\.$/, '')
  if (dnsSubdomain(clusterDomain).length > 0)
    throw new UsageError(`--zone ${quoted(options.zone)}: a domain such as cluster.local`)
  const ttl = Number(options.ttl)
  if (!/^\d+$/.test(options.ttl) || ttl > MOST_TTL) {
    throw new UsageError(`--ttl ${quoted(options.ttl)}: seconds, from 0 to ${MOST_TTL}`)
  }
  const wrong = options.namespace?.find((name) => dnsLabel(name).length > 0)
  if (wrong !== undefined) throw new UsageError(`--namespace ${quoted(wrong)}: a namespace such as default`)
  const visible = options.namespace && new Set(options.namespace)
  return {
    clusterDomain,
    ttl,
    podRecords: options.pods,
    endpointPodNames: options.endpointPodNames === true,
    ignoreEmptyService: options.hideEmpty === true,
    reverseCIDRs: (options.cidr ?? []).map(cidrOf),
    ...(options.searchPath === true ? { autopath: [] } : {}),
    ...(visible === undefined ? {} : { namespaceVisible: ({ metadata }) => visible.has(metadata.name) }),
  }
}

function cidrOf(text: string): NonNullable<ReturnType<typeof parseCIDR>> {
  const cidr = parseCIDR(text)
  if (cidr === undefined) throw new UsageError(`--cidr ${quoted(text)}: a range such as 10.96.0.0/12`)
  return cidr
}

/** Throws a UsageError for what is no address. */
export function listenAddresses({ listen }: DnsCommandOptions): StandaloneDnsOptions['listen'] {
  return listen.map((text) => {
    if (isIP(text) !== 0) return { address: text, port: DNS_PORT }
    const [, bracketed, plain, port = ''] = /^(?:\[([^[\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? []
    const address = bracketed ?? plain ?? ''
    const usable = isIP(address) !== 0 && (bracketed !== undefined) === isIPv6(address) && Number(port) <= 65535
    if (!usable) throw new UsageError(`--listen ${quoted(text)}: say ADDR:PORT, such as 127.0.0.1:5300`)
    return { address, port: Number(port) }
  })
}

/** Where health and metrics are told. Throws a UsageError for what is no address. */
export function monitorAddress({ monitor }: DnsCommandOptions): ReturnType<typeof parseListenAddress> {
  if (monitor === undefined) return undefined
  const address = parseListenAddress(monitor)
  if (address === undefined) throw new UsageError(`--monitor ${quoted(monitor)}: say ADDR:PORT, such as 127.0.0.1:9153`)
  return address
}

/** Zero where it is not asked for. Throws a UsageError for what is no number of seconds. */
export function lameduckSeconds({ lameduck = '0' }: Pick<DnsCommandOptions, 'lameduck'>): number {
  const seconds = Number(lameduck)
  if (!/^\d+$/.test(lameduck) || seconds > MOST_LAMEDUCK)
    throw new UsageError(`--lameduck ${quoted(lameduck)}: seconds, from 0 to ${MOST_LAMEDUCK}`)
  return seconds
}

/** The Pods whose queries are printed: all where none is named. Throws a UsageError for what is no Pod's name. */
export function loggedPods({ log }: Pick<DnsCommandOptions, 'log'>): readonly string[] | undefined {
  if (log === undefined) return undefined
  const pods = log === true ? [] : log
  const wrong = pods.find((pod) => !/^[^/]+\/[^/]+$/.test(pod))
  if (wrong !== undefined) throw new UsageError(`--log ${quoted(wrong)}: say NAMESPACE/POD, such as default/web`)
  return pods
}

/** Objects come from one place. Throws a UsageError where two are named. */
export function requireOneSource({ objects, kubeconfig }: Pick<DnsCommandOptions, 'objects' | 'kubeconfig'>): void {
  if (objects === undefined || kubeconfig === undefined) return
  throw new UsageError('--objects and --kubeconfig: say one, the objects come from files or from a cluster')
}

function quoted(text: string): string {
  return JSON.stringify(text)
}
