import type { Hosts } from '../../dns/hosts.ts'
import type { ForwardingState, UpstreamState } from '../../explain/dns/observed.ts'
import { createForwarder, type Forwarder } from './forwarder.ts'
import { createUpstreamTimes, type AnswerTimes } from './upstream-times.ts'
import { createUpstream, placeOf, UPSTREAM_LIMITS, type Upstream, type UpstreamAddress } from './upstream.ts'

/** Who answers names that are not the cluster's. */
export interface Forwarding {
  readonly servers: readonly UpstreamAddress[]
  /** By domain: absolute, in lower case. */
  readonly stubs: ReadonlyMap<string, readonly UpstreamAddress[]>
  /** Names with fixed addresses, as they are now. */
  readonly hosts?: () => Hosts
}

/** Of all servers. Plain data: it goes from one process to another. */
export interface UpstreamCounts {
  /** Servers that do not answer at present. */
  readonly down: number
  /** Queries that were refused because too many were under way. */
  readonly refused: number
  readonly failedProbes: readonly { readonly server: string; readonly count: number }[]
  readonly times: readonly AnswerTimes[]
}

export interface OpenForwarding {
  readonly forwarder: Forwarder
  state(): ForwardingState
  counts(): UpstreamCounts
  close(): void
}

export interface ForwardingListener {
  readonly onLoop?: () => void
  /** Told of each server that does not answer from now on, or does again. */
  readonly onServer?: (place: string, answers: boolean) => void
  /** Look for a loop with the first question. */
  readonly probesLoop?: boolean
  readonly onError: (error: unknown) => void
}

/** The servers of a configuration, with one cache before them. */
export function openForwarding({ servers, stubs, hosts }: Forwarding, listener: ForwardingListener): OpenForwarding {
  const times = createUpstreamTimes()
  const groups = [['.', servers] as const, ...stubs].map(([domain, of]) => ({
    domain,
    servers: of,
    upstream: createUpstream(of, UPSTREAM_LIMITS, {
      times,
      onChange: (server, answers) => listener.onServer?.(placeOf(server), answers),
    }),
  }))
  const [{ upstream } = { upstream: createUpstream([]) }, ...stubUpstreams] = groups
  const named = hosts === undefined ? {} : { hosts }
  const forwarder = createForwarder({ upstream, stubs: stubUpstreams, ...named, ...listener })
  return {
    forwarder,
    state: () => ({ looping: forwarder.looping(), upstreams: groups.map(upstreamState) }),
    counts: () => ({ ...countsOf(groups), times: times.all() }),
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

function countsOf(groups: readonly Group[]): Omit<UpstreamCounts, 'times'> {
  return {
    down: groups.reduce((sum, { upstream }) => sum + upstream.down().length, 0),
    refused: groups.reduce((sum, { upstream }) => sum + upstream.refusals.count, 0),
    failedProbes: groups.flatMap(({ servers, upstream }) =>
      servers.map((server) => ({ server: placeOf(server), count: upstream.failedProbes(server) })),
    ),
  }
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
