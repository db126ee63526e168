import { networkInterfaces } from 'node:os'
import type { ZoneConfig } from '../dns/zone-config.ts'
import { parseIP, type IP } from '../lib/ip.ts'
import { startDnsServer, type DnsServer } from './dns-server.ts'
import { zoneOfSource, type DnsSource } from './dns-source.ts'
import type { Upstream } from './dns-upstream.ts'

export interface StandaloneDnsOptions {
  /** Addresses of this machine. Port 0 takes any that is free. */
  readonly listen: readonly { readonly address: string; readonly port: number }[]
  readonly source: DnsSource
  readonly config: Omit<ZoneConfig, 'synced' | 'serverAddresses'>
  readonly upstream: Pick<Upstream, 'query'>
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
  const servers: DnsServer[] = []
  const close = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.close()))
  }
  try {
    for (const listen of options.listen) servers.push(await startDnsServer({ listen, zone, upstream, onError }))
  } catch (error) {
    await close()
    throw error
  }
  return { addresses: servers.map(({ address, port }) => ({ address, port })), close }
}

/** The address itself; all of the machine's for one that means all. */
function reachedAt(address: string): readonly IP[] {
  const all = address === '0.0.0.0' || address === '::'
  const texts = all
    ? Object.values(networkInterfaces()).flatMap((addresses = []) =>
        addresses.filter(({ family }) => address === '::' || family === 'IPv4').map((found) => found.address),
      )
    : [address]
  return texts.flatMap((text) => parseIP(text.replace(/%.*$/, '')) ?? [])
}
