import { isIPv6 } from 'node:net'
import type { Hosts } from '../../dns/hosts.ts'
import type { ForwardingState, UpstreamState } from '../../explain/dns/observed.ts'
import { createForwarder, type Forwarder } from './forwarder.ts'
import { createUpstream, UPSTREAM_LIMITS, type Upstream, type UpstreamAddress } from './upstream.ts'

/** Who answers names that are not the cluster's. */
export interface Forwarding {
  readonly servers: readonly UpstreamAddress[]
  /** By domain: absolute, in lower case. */
  readonly stubs: ReadonlyMap<string, readonly UpstreamAddress[]>
  readonly hosts?: Hosts
}

export interface OpenForwarding {
  readonly forwarder: Forwarder
  state(): ForwardingState
  /** Servers that do not answer at present. */
  down(): readonly UpstreamAddress[]
  close(): void
}

export interface ForwardingListener {
  readonly onLoop?: () => void
  /** Look for a loop with the first question. */
  readonly probesLoop?: boolean
  readonly onError: (error: unknown) => void
}

/** The servers of a configuration, with one cache before them. */
export function openForwarding({ servers, stubs, hosts }: Forwarding, listener: ForwardingListener): OpenForwarding {
  const groups = [['.', servers] as const, ...stubs].map(([domain, of]) => ({
    domain,
    servers: of,
    upstream: createUpstream(of),
  }))
  const [{ upstream } = { upstream: createUpstream([]) }, ...stubUpstreams] = groups
  const named = hosts === undefined ? {} : { hosts }
  const forwarder = createForwarder({ upstream, stubs: stubUpstreams, ...named, ...listener })
  return {
    forwarder,
    state: () => ({ looping: forwarder.looping(), upstreams: groups.map(upstreamState) }),
    down: () => groups.flatMap((group) => group.upstream.down()),
    close() {
      for (const group of groups) group.upstream.close()
    },
  }
}

interface Group {
  readonly domain: string
  readonly servers: readonly UpstreamAddress[]
  readonly upstream: Upstream
}

function upstreamState({ domain, servers, upstream }: Group): UpstreamState {
  const down = upstream.down()
  const { count, last } = upstream.refusals
  return {
    domain,
    servers: servers.map((server) => ({ address: placeOf(server), down: down.includes(server) })),
    most: UPSTREAM_LIMITS.inFlight,
    refused: count,
    ...(count === 0 ? {} : { refusedAgo: (performance.now() - last) / 1000 }),
  }
}

function placeOf({ address, port }: UpstreamAddress): string {
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`
}
