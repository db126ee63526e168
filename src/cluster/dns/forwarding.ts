import type { Hosts } from '../../dns/hosts.ts'
import { createForwarder, type Forwarder } from './forwarder.ts'
import { createUpstream, type UpstreamAddress } from './upstream.ts'

/** Who answers names that are not the cluster's. */
export interface Forwarding {
  readonly servers: readonly UpstreamAddress[]
  /** By domain: absolute, in lower case. */
  readonly stubs: ReadonlyMap<string, readonly UpstreamAddress[]>
  readonly hosts?: Hosts
}

export interface OpenForwarding {
  readonly forwarder: Forwarder
  /** Servers that do not answer at present. */
  down(): readonly UpstreamAddress[]
  close(): void
}

export interface ForwardingListener {
  readonly onLoop?: () => void
  readonly onError: (error: unknown) => void
}

/** The servers of a configuration, with one cache before them. */
export function openForwarding({ servers, stubs, hosts }: Forwarding, listener: ForwardingListener): OpenForwarding {
  const upstream = createUpstream(servers)
  const stubUpstreams = [...stubs].map(([domain, of]) => ({ domain, upstream: createUpstream(of) }))
  const all = [upstream, ...stubUpstreams.map((stub) => stub.upstream)]
  const named = hosts === undefined ? {} : { hosts }
  return {
    forwarder: createForwarder({ upstream, stubs: stubUpstreams, ...named, ...listener }),
    down: () => all.flatMap((each) => each.down()),
    close() {
      for (const each of all) each.close()
    },
  }
}
