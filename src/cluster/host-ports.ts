import { receiveFd } from '../host/fd-channel.ts'
import { libc } from '../host/libc.ts'
import type { ListenAddress } from '../host/listen.ts'
import { startRelay, type Relay, type RelayListener } from '../host/relay.ts'
import { parseIP } from '../lib/ip.ts'
import { hostListeners, type HostListener, type ListenerNode } from '../model/host-listeners.ts'
import { resolveServices } from '../model/resolve-services.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { Consumer } from './control-loop.ts'
import type { ListenResult } from './protocol.ts'
import type { ListenerStatus } from './control/status.ts'

export interface HostPortsOptions {
  readonly nodes: readonly ListenerNode[]
  /** The host address for all listeners instead of loopback. */
  readonly address?: string
  /** Where connections of the host come from inside the network: an address of each IP family. */
  readonly sources: readonly string[]
  /** The engine's end of the fd channel. */
  readonly channel: number
  /** Asks the front to open addresses; their descriptors come through the channel, in order. */
  readonly listen: (addresses: readonly ListenAddress[]) => Promise<readonly ListenResult[]>
  readonly onError: (error: unknown) => void
}

/** Keeps the host's listeners equal to the Services' nodePorts and load-balancer ports. */
export interface HostPorts extends Consumer {
  /** Resolves when every listener that the last snapshot asked for was opened or refused. */
  opened(): Promise<void>
  status(): readonly ListenerStatus[]
}

interface Entry {
  wanted: HostListener
  listener?: RelayListener
  result?: ListenResult
}

/** The fd channel holds some hundred descriptors; a batch must fit before the engine reads it. */
const BATCH = 100

export function createHostPorts(options: HostPortsOptions): HostPorts {
  const entries = new Map<string, Entry>()
  const relayFrom = createRelayFrom(options)
  let work: Promise<void> = Promise.resolve()

  async function open(wanted: readonly Entry[]): Promise<void> {
    for (let from = 0; from < wanted.length; from += BATCH) {
      const batch = wanted.slice(from, from + BATCH)
      const results = await options.listen(
        batch.map(({ wanted: { protocol, address, port } }) => ({ protocol, address, port })),
      )
      batch.forEach((entry, i) => accept(entry, results[i] ?? { error: 'no answer' }))
    }
  }

  function accept(entry: Entry, result: ListenResult): void {
    entry.result = result
    try {
      if (result.port === undefined) return
      entry.listener = relayFrom(receiveFd(options.channel), entry.wanted)
      if (!entry.wanted.isServed) entry.listener.refuse(true)
    } catch (error) {
      // The others of the batch are in the channel behind it.
      entry.result = { error: error instanceof Error ? error.message : String(error) }
    }
  }

  return {
    name: 'host ports',
    sync(snapshot: Snapshot) {
      const wanted = new Map(
        hostListeners(resolveServices(snapshot), options.nodes, options.address).map((listener) => [
          keyOf(listener),
          listener,
        ]),
      )
      const gone = [...entries].filter(([key]) => !wanted.has(key))
      const fresh = [...wanted].filter(([key]) => !entries.has(key)).map(([, listener]) => ({ wanted: listener }))
      for (const [key, listener] of wanted) serve(entries.get(key), listener, options.onError)
      for (const [key] of gone) entries.delete(key)
      for (const entry of fresh) entries.set(keyOf(entry.wanted), entry)
      if (gone.length === 0 && fresh.length === 0) return
      work = work
        .then(() => Promise.all(gone.map(async ([, entry]) => entry.listener?.close())))
        .then(() => open(fresh))
        .catch(options.onError)
    },
    opened: () => work,
    status: () => [...entries.values()].map(statusOf).filter(isExpected),
  }
}

/** At once, and not after what is being opened: who was told of a ready Pod may connect. */
function serve(entry: Entry | undefined, wanted: HostListener, onError: (error: unknown) => void): void {
  if (entry === undefined || entry.wanted.isServed === wanted.isServed) return
  entry.wanted = wanted
  try {
    entry.listener?.refuse(!wanted.isServed)
  } catch (error) {
    onError(error)
  }
}

function statusOf({ wanted, result }: Entry): ListenerStatus {
  const { protocol, address, port, service, target } = wanted
  return { protocol, address, wantedPort: port, service, target, ...result }
}

/** A machine without IPv6 has no ::1: nothing is missing there. */
function isExpected({ address, error = '' }: ListenerStatus): boolean {
  return address !== '::1' || !['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(error)
}

/** The relay's thread starts with the first listener. */
function createRelayFrom({ sources }: HostPortsOptions): (fd: number, wanted: HostListener) => RelayListener {
  let relay: Relay | undefined
  return (fd, { protocol, target }) => {
    try {
      relay ??= startRelay({ onFailure: endNetwork })
      const source = sources.find((address) => parseIP(address)?.family === parseIP(target.address)?.family)
      const route = { targets: [target], ...(source === undefined ? {} : { source }) }
      return protocol === 'TCP' ? relay.listenTcp(fd, route) : relay.listenUdp(fd, route)
    } finally {
      libc().close(fd)
    }
  }
}

/** Without its thread every host port would take connections and never answer: better no network than that. */
function endNetwork(cause: Error): never {
  throw new Error('the relay of the host ports failed', { cause })
}

function keyOf({ protocol, address, port, target, service }: HostListener): string {
  return `${protocol} ${address}:${port} ${target.address}:${target.port} ${service}`
}
