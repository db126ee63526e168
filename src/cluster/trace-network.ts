/** Looks at one connection of the running network, as `portolan trace` asks: connects, and sees who listens. */
import type { IPFamily } from '../api/core.ts'
import type { Connection, Observation, ProbeRequest } from '../explain/trace/observation.ts'
import type { RuleOutcome } from '../explain/trace/report.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import type { Table } from '../nft/ruleset.ts'
import type { Client, Clients } from './clients.ts'
import type { PodNetwork } from './pod-network.ts'
import type { NodePlan, Topology } from './topology.ts'
import { connectAll } from './trace-connect.ts'
import { nameServer, resolveNames } from './trace-dns.ts'
import { foreignTables } from './trace-foreign.ts'
import { judgeRules } from './trace-rules.ts'
import { listeningSockets } from './trace-sockets.ts'

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
  const [dialled, direct] = await Promise.all([
    connectTo(namespace, request, dials),
    connectTo(inside, request, request.direct),
  ])
  const sources = dialled.flatMap(({ source }) => source ?? [])
  const clientAddress = sources[0] ?? ownAddress(parts, request.from)
  return {
    clientAddress,
    server: server ?? null,
    queries,
    dials: dialled,
    direct,
    sockets: socketsOf(parts, request.pods),
    rules: clientAddress === null ? [] : dials.flatMap((dial) => rulesFor(parts, request, clientAddress, dial)),
    foreign: foreignOnTheWay(parts, request, namespace),
  }
}

function connectTo(
  namespace: NetworkNamespace,
  { protocol, send }: ProbeRequest,
  targets: readonly { readonly address: string; readonly port: number }[],
): Promise<readonly Connection[]> {
  const text = send ?? (protocol === 'UDP' ? '\n' : undefined)
  const bytes = text === undefined ? undefined : Buffer.from(text, 'utf8')
  // Without a question most servers say nothing: they are not waited for.
  const answer = text === undefined ? 100 : protocol === 'UDP' ? 200 : PATIENCE.answer
  return connectAll(namespace, targets, { protocol, send: bytes, patience: { connect: PATIENCE.connect, answer } })
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

/** The rules that the client's first packet meets: of its own node, of the balancer, of the node that it names. */
function rulesFor(
  { table, topology, balancer, podNetwork }: TraceParts,
  { from, protocol }: ProbeRequest,
  source: string,
  dial: { readonly address: string; readonly port: number },
): readonly RuleOutcome[] {
  const at = (place: string, hook: 'prerouting' | 'output', to = dial): RuleOutcome | undefined => {
    const packet = { protocol, source, ...to }
    const found = table(place, to.address.includes(':') ? 'IPv6' : 'IPv4')
    const node = topology.nodes.find(({ name }) => name === place)
    const localAddresses = node?.families.flatMap(({ address, podGateway }) => [address, podGateway]) ?? []
    return found && judgeRules({ place, table: found, hook, localAddresses }, packet)
  }
  const [kind, namespace = '', name = ''] = from.split('/', 3)
  if (kind === 'node') return [at(namespace, 'output')].flatMap((outcome) => outcome ?? [])
  if (kind === 'pod') {
    const { hostIP, podIP } = podNetwork.sandboxOf(namespace, name) ?? {}
    const node = topology.nodes.find(({ address }) => address === hostIP)
    return [at(node?.name ?? '', hostIP === podIP ? 'output' : 'prerouting')].flatMap((outcome) => outcome ?? [])
  }
  const named = nodeAt(topology, dial.address)
  if (named !== undefined) return [at(named.name, 'prerouting')].flatMap((outcome) => outcome ?? [])
  const balanced = at(balancer, 'prerouting')
  if (balanced === undefined) return []
  // The load balancer sends to a node, whose rules come next.
  const onNodes = balanced.choices.flatMap((choice) => {
    const [, address = '', port = ''] = /^\[?([^\]]*)\]?:(\d+)$/.exec(choice) ?? []
    const node = nodeAt(topology, address)
    return node === undefined ? [] : (at(node.name, 'prerouting', { address, port: Number(port) }) ?? [])
  })
  return [balanced, ...onNodes]
}

function nodeAt({ nodes }: Topology, wanted: string): NodePlan | undefined {
  return nodes.find(({ families }) => families.some(({ address }) => address === wanted))
}

/** Tables of others at every place that the packets may pass. */
function foreignOnTheWay(
  { nodes, podNetwork }: TraceParts,
  { from, pods }: ProbeRequest,
  client: NetworkNamespace,
): readonly string[] {
  const places = new Map<string, NetworkNamespace>(nodes)
  if (from !== 'outside') places.set(from, client)
  for (const key of pods) {
    const [namespace = '', name = ''] = key.split('/', 2)
    const netns = podNetwork.sandboxOf(namespace, name)?.netns
    if (netns !== undefined) places.set(`pod/${key}`, netns)
  }
  const own = [...places].filter(
    ([place], i, all) => all.findIndex(([, other]) => other.fd === places.get(place)?.fd) === i,
  )
  return own.flatMap(([place, namespace]) => foreignTables(namespace).map((table) => `${place}: ${table}`))
}
