/** Looks at one connection of the running network, as `portolan trace` asks: connects, and sees who listens. */
import type { IPFamily } from '../../api/core.ts'
import type { Connection, Observation, ProbeRequest } from '../../explain/trace/observation.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { Table } from '../../nft/ruleset.ts'
import type { Client, Clients } from '../pods/clients.ts'
import type { PodNetwork } from '../pods/network.ts'
import type { Topology } from '../topology.ts'
import { connectAll, type ConnectOptions, type ConnectRequest } from './connect.ts'
import { followConnections, type PacketFollower } from './follow.ts'
import { nameServer, resolveNames } from './dns.ts'
import { foreignTables } from './foreign.ts'
import { placesOnTheWay } from './places.ts'
import { rulesFor } from './rules-for.ts'
import { listeningSockets } from './sockets.ts'

export interface TraceParts {
  readonly clients: Clients
  readonly topology: Topology
  readonly podNetwork: PodNetwork
  readonly nodes: ReadonlyMap<string, NetworkNamespace>
  readonly table: (place: string, family: IPFamily) => Table | undefined
  /** The place of the load balancer's table. */
  readonly balancer: string
}

/** Milliseconds: all together stays below a second. */
const PATIENCE = { connect: 300, answer: 500 } as const
/** Milliseconds for a packet that is followed: what it does not do by then it did not do before either. */
const BRIEF = { connect: 60, answer: 60 } as const

/** Throws an Error that says what is wrong with the place of the client. */
export async function observe(parts: TraceParts, request: ProbeRequest): Promise<Observation> {
  const client = parts.clients.open(request.from)
  try {
    return await observeFrom(parts, request, client)
  } finally {
    client.close()
  }
}

async function observeFrom(parts: TraceParts, request: ProbeRequest, { place }: Client): Promise<Observation> {
  const namespace = namespaceAt(place.netns)
  const server = nameServer(place.resolvConf)
  const queries =
    request.names.length === 0 || server === undefined ? [] : await resolveNames(namespace, server, request.names)
  const resolved = queries.at(-1)?.addresses[0]
  const dials = request.dials.flatMap(({ address = resolved, port }) =>
    address === undefined ? [] : { address, port },
  )
  // Nobody outside can dial a Pod: each endpoint is judged from a node then.
  const inside = request.from === 'outside' ? ([...parts.nodes.values()][0] ?? namespace) : namespace
  const follow = (): PacketFollower => followConnections(parts, request, namespace, dials)
  const follower = request.packets === true ? follow() : undefined
  const [dialled, direct] = await Promise.all([
    connectTo(namespace, request, dials),
    connectTo(inside, request, request.direct),
  ])
  const sources = dialled.flatMap(({ source }) => source ?? [])
  const clientAddress = sources[0] ?? ownAddress(parts, request.from)
  const foreign = foreignOnTheWay(parts, request, namespace)
  const packets = async (): Promise<Pick<Observation, 'packets' | 'packetsLost'>> => {
    if (follower !== undefined) return follower.result(dialled)
    const isOdd = isUnexplained(request, foreign)
    const [odd, oddDirect] = [dialled.filter(isOdd), direct.filter(isOdd)]
    if (odd.length + oddDirect.length === 0) return {}
    const again = follow()
    const [dials, directs] = await Promise.all([
      connectTo(namespace, request, odd, BRIEF),
      connectTo(inside, request, oddDirect, BRIEF),
    ])
    return again.result(request.from === 'outside' ? dials : [...dials, ...directs])
  }
  return {
    clientAddress,
    server: server ?? null,
    queries,
    dials: dialled,
    direct,
    sockets: socketsOf(parts, request.pods),
    rules: clientAddress === null ? [] : dials.flatMap((dial) => rulesFor(parts, request, clientAddress, dial)),
    foreign,
    ...(await packets()),
  }
}

/** Whether packets vanish, or may be refused by rules of somebody else: then it is worth a second connection to follow them. */
function isUnexplained({ protocol }: ProbeRequest, foreign: readonly string[]) {
  return ({ errno, firstByte }: Connection): boolean =>
    errno === 'ETIMEDOUT' ||
    (foreign.length > 0 && (errno === 'ECONNREFUSED' || (protocol === 'UDP' && firstByte === null)))
}

function connectTo(
  namespace: NetworkNamespace,
  { protocol, send }: ProbeRequest,
  targets: readonly ConnectRequest[],
  patience?: ConnectOptions['patience'],
): Promise<readonly Connection[]> {
  const text = send ?? (protocol === 'UDP' ? '\n' : undefined)
  const bytes = text === undefined ? undefined : Buffer.from(text, 'utf8')
  // Without a question most servers say nothing: they are not waited for.
  const answer = text === undefined ? 100 : protocol === 'UDP' ? 200 : PATIENCE.answer
  return connectAll(namespace, targets, {
    protocol,
    send: bytes,
    patience: patience ?? { connect: PATIENCE.connect, answer },
  })
}

/** A descriptor that the engine holds open. */
function namespaceAt(fd: number): NetworkNamespace {
  return { fd, path: `/proc/${process.pid}/fd/${fd}`, close: () => undefined }
}

function ownAddress({ podNetwork, topology }: TraceParts, from: string): string | null {
  const [kind, namespace = '', name = ''] = from.split('/', 3)
  if (kind === 'pod') return podNetwork.sandboxOf(namespace, name)?.podIP ?? null
  return topology.nodes.find((node) => node.name === namespace)?.address ?? null
}

function socketsOf({ podNetwork }: TraceParts, pods: readonly string[]): Observation['sockets'] {
  const found = pods.flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/', 2)
    const netns = podNetwork.sandboxOf(namespace, name)?.netns
    return netns === undefined ? [] : [[key, listeningSockets(netns)] as const]
  })
  return Object.fromEntries(found)
}

/** Tables of others at every place that the packets may pass. */
function foreignOnTheWay(parts: TraceParts, request: ProbeRequest, client: NetworkNamespace): readonly string[] {
  return [...placesOnTheWay(parts, request, client)].flatMap(([place, namespace]) =>
    foreignTables(namespace).map((table) => `${place}: ${table}`),
  )
}
