import { networkInterfaces } from 'node:os'
import type { ZoneConfig } from '../../dns/zone-config.ts'
import { parseIP, type IP } from '../../lib/ip.ts'
import type { Resolver } from './answerer.ts'
import { createDnsMetrics, type DnsMetrics } from './metrics.ts'
import type { QueryFeed } from './query-feed.ts'
import { startDnsServer, type DnsServer } from './server.ts'
import { zoneOfSource, type DnsSource } from './source.ts'

export interface StandaloneDnsOptions {
  /** Addresses of this machine. Port 0 takes any that is free. */
  readonly listen: readonly { readonly address: string; readonly port: number }[]
  readonly source: DnsSource
  readonly config: Omit<ZoneConfig, 'synced' | 'serverAddresses'>
  readonly upstream: Resolver
  readonly metrics?: DnsMetrics
  readonly queries?: QueryFeed
  readonly onError: (error: unknown) => void
}

export interface StandaloneDns {
  /** In the order of `listen`, with the ports taken. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[]
  close(): Promise<void>
}

/** Cluster DNS without a network: `portolan dns`. Rejects where it cannot listen, and then nothing is left open. */
export async function startStandaloneDns(options: StandaloneDnsOptions): Promise<StandaloneDns> {
  const { source, upstream, onError } = options
  const serverAddresses = options.listen.flatMap(({ address }) => reachedAt(address))
  const zone = zoneOfSource(source, { ...options.config, serverAddresses })
  const { metrics, queries } = options
  const observed = metrics !== undefined || queries !== undefined
  const observer = observed ? { observer: { metrics: metrics ?? createDnsMetrics(), ...(queries && { queries }) } } : {}
  // Made now, so that the first question does not wait for it.
  zone()
  const servers: DnsServer[] = []
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()))
  }
  try {
    for (const listen of options.listen)
      servers.push(await startDnsServer({ listen, zone, upstream, onError, ...observer }))
  } catch (error) {
    await close()
    throw error
  }
  return { addresses: servers.map(({ address, port }) => ({ address, port })), close }
}

/** The address itself; all of the machine's for one that means all, but those that hold on one link only. */
export function reachedAt(
  address: string,
  interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces(),
): readonly IP[] {
  const all = address === '0.0.0.0' || address === '::'
  const own = Object.values(interfaces).flatMap((addresses = []) => addresses)
  const reached = own.filter((each) => each.family === 'IPv4' || (address === '::' && each.scopeid === 0))
  const texts = all ? reached.map((each) => each.address) : [address.replace(/%.*$/, '')]
  return texts.flatMap((text) => parseIP(text) ?? [])
}
