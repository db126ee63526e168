import type { Zone } from '../../dns/zone.ts'
import { createAnswerer, type DnsObserver, type Resolver } from './answerer.ts'
import type { ConnectionLimits, Service } from './connection.ts'
import type { UdpServer } from './dgram.ts'
import { serveTcp, type TcpServer } from './tcp.ts'
import { serveUdp } from './udp.ts'

export interface DnsServerOptions {
  /** An address, where port 0 takes any that is free for both protocols; or descriptors of sockets that are bound already. */
  readonly listen:
    | { readonly address: string; readonly port: number }
    | { readonly udp: number; readonly tcp: number; readonly family?: 4 | 6 }
  /** Asked for each query, so that an answer is never older than the zone. */
  readonly zone: () => Zone
  /** Without one, names that are not ours fail at once. */
  readonly upstream?: Resolver
  readonly limits?: Partial<DnsServerLimits>
  readonly observer?: DnsObserver
  /** Told of what should not happen: errors of sockets, and queries that broke the server's own code. */
  readonly onError?: (error: unknown) => void
}

export interface DnsServerLimits extends ConnectionLimits {
  /** Forwarded UDP queries under way; more are answered with SERVFAIL. */
  readonly forwarded: number
}

export interface DnsServer {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

const LIMITS: DnsServerLimits = {
  connections: 512,
  connectionsOfClient: 128,
  idleTimeout: 10_000,
  pipelined: 64,
  forwarded: 1024,
}

interface Listeners {
  readonly udp: UdpServer
  readonly tcp: TcpServer
}

async function listenOnce({ listen }: DnsServerOptions, service: Service): Promise<Listeners> {
  const udp = await serveUdp(listen, service.answerer, service.onError)
  try {
    const { address, port } = udp
    return { udp, tcp: await serveTcp('tcp' in listen ? listen : { address, port }, service) }
  } catch (error) {
    await udp.close()
    throw error
  }
}

/** A port that is free for UDP may be taken for TCP: then another is tried. */
async function listenBoth(options: DnsServerOptions, service: Service): Promise<Listeners> {
  const tries = 'port' in options.listen && options.listen.port === 0 ? 10 : 1
  for (let count = 1; ; count++) {
    try {
      return await listenOnce(options, service)
    } catch (error) {
      if (count >= tries) throw error
    }
  }
}

/** Answers DNS over UDP and TCP until it is closed. Rejects where it cannot listen. */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const limits = { ...LIMITS, ...options.limits }
  const onError = options.onError ?? (() => undefined)
  const answerer = createAnswerer({ ...options, mostForwarded: limits.forwarded, onError })
  const { udp, tcp } = await listenBoth(options, { answerer, limits, onError })
  return {
    address: udp.address,
    port: udp.port,
    async close() {
      await Promise.all([udp.close(), tcp.close()])
    },
  }
}
