/** All ways that a connection can take: one for each node that may choose, and each endpoint behind it. */
import { listAt, textAt } from '../check/json.ts'
import { findNamedPort } from '../check/workload.ts'
import { balancerAddresses, clusterIPs, nodes } from './addresses.ts'
import { readClient, type Client } from './client.ts'
import { findEndpoints, type Branch } from './endpoints.ts'
import { type Family, withFamilies } from './families.ts'
import { ok, skipped, unknown, type HopFinding } from './finding.ts'
import type { From, To } from './places.ts'
import { podFacts } from './pod-facts.ts'
import { routeTo, type Route } from './route.ts'
import { findServicePort, type FoundPort } from './service-port.ts'
import type { Target } from './target.ts'
import type { World } from './world.ts'

/** The address that the client itself uses, as far as the objects tell it. */
export interface Dial {
  readonly address?: string
  readonly port: number
  readonly protocol: string
}

export interface Way {
  /** The node whose rules choose the endpoint. */
  readonly node: string | undefined
  /** Relative to the other ways. */
  readonly share: number
  readonly service: HopFinding
  readonly endpoint: HopFinding
  /** Absent where the way ends before one. */
  readonly branch?: Branch
  readonly dial?: Dial
  /** Absent where it does not matter or is not known. */
  readonly family?: Family
}

export interface Plan {
  readonly client: Client
  readonly route: Route
  readonly found?: FoundPort
  readonly ways: readonly Way[]
}

export function planWays(world: World, from: From, to: To): Plan {
  return withFamilies(world, to, planRoute(world, from, to))
}

function planRoute(world: World, from: From, to: To): Plan {
  const client = readClient(world, from)
  const route = routeTo(world, client, to)
  const { target } = route
  if (target === undefined || route.name.status === 'fail' || route.entry.status === 'fail') {
    const [service, endpoint] = [skipped('service', 'not reached'), skipped('endpoint', 'not reached')]
    return { client, route, ways: [{ node: undefined, share: 1, service, endpoint }] }
  }
  if (target.kind === 'elsewhere') return { client, route, ways: [wayElsewhere(target)] }
  if (target.kind === 'pod') return { client, route, ways: [wayToPod(client, target)] }
  return planService(world, client, route, target)
}

function wayElsewhere({ host, port, protocol }: Extract<Target, { kind: 'elsewhere' }>): Way {
  const service = unknown('service', `${host}: no object that was given has this address`)
  const number = typeof port === 'number' ? port : 0
  return {
    node: undefined,
    share: 1,
    service,
    endpoint: skipped('endpoint', 'not reached'),
    dial: { address: host, port: number, protocol },
  }
}

function wayToPod(client: Client, target: Extract<Target, { kind: 'pod' }>): Way {
  const { workload, protocol, loopback } = target
  const port =
    typeof target.port === 'number' ? target.port : findNamedPort(workload, target.port, protocol)?.containerPort
  const service = skipped(
    'service',
    loopback === true ? 'not used: the call stays in the Pod' : "not used: the Pod's own address",
  )
  if (port === undefined) {
    const endpoint = unknown('endpoint', `no container of ${workload.name} names a port ${target.port}`)
    return { node: client.node, share: 1, service, endpoint }
  }
  const { ip } = podFacts(workload)
  const address = loopback === true ? '127.0.0.1' : ip
  const endpoint = ok('endpoint', `${workload.kind} ${workload.name}, port ${port}`, {
    object: workload.object,
    out: { address: address ?? null, port, protocol },
  })
  const branch: Branch = { share: 1, hop: endpoint, workload, port, ...(address !== undefined && { address }) }
  const dial = { port, protocol, ...(address !== undefined && { address }) }
  return { node: client.node, share: 1, service, endpoint, branch, dial }
}

function planService(world: World, client: Client, route: Route, target: Extract<Target, { kind: 'service' }>): Plan {
  const found = findServicePort(world, target)
  const plan = { client, route, found }
  const { service } = target
  const number = headlessNumber(found) ?? found.number
  if (found.externalName !== undefined) {
    const text = `${found.externalName} is outside of what was given`
    const endpoint = unknown('endpoint', text, { object: service.object })
    return { ...plan, ways: [{ node: undefined, share: 1, service: found.hop, endpoint }] }
  }
  if (found.hop.status === 'fail' || found.hop.status === 'unknown' || number === undefined) {
    const endpoint = skipped('endpoint', 'not reached')
    const wanted = typeof target.port === 'number' ? target.port : 0
    const dial = dialOf(world, client, target, found, client.node, wanted)
    return { ...plan, ways: [{ node: undefined, share: 1, service: found.hop, endpoint, dial }] }
  }
  const external = target.by === 'nodePort' || client.kind === 'outside'
  const choosing = choosingNodes(world, client, route, target)
  const ways = choosing.flatMap((node) => {
    const dial = dialOf(world, client, target, found, node, number)
    const question = {
      client,
      service,
      port: found.port,
      number,
      protocol: found.protocol,
      node,
      external,
      only: target.only,
    }
    const branches = findEndpoints(world, question)
    const total = branches.reduce((sum, { share }) => sum + share, 0) || 1
    return branches.map((branch): Way => {
      const end = branch.workload === undefined && branch.address === undefined
      const headless = service.headless && branch.address !== undefined ? { ...dial, address: branch.address } : dial
      return {
        node,
        share: branch.share / total / choosing.length,
        service: found.hop,
        endpoint: branch.hop,
        dial: headless,
        ...(!end && { branch }),
      }
    })
  })
  return { ...plan, ways }
}

/** A client of a headless Service dials the Service's port on the Pod. */
function headlessNumber({ number }: FoundPort): number | undefined {
  return number === 0 ? undefined : number
}

function choosingNodes(
  world: World,
  client: Client,
  route: Route,
  target: Extract<Target, { kind: 'service' }>,
): readonly (string | undefined)[] {
  if (route.node !== undefined) return [route.node]
  const all = nodes(world).map(({ name }) => name)
  if (target.by === 'nodePort') return all.length > 0 ? all : [undefined]
  if (client.kind !== 'outside') return [client.node]
  const isLocal = textAt(target.service.spec, 'externalTrafficPolicy') === 'Local'
  // A load balancer asks the health check and leaves out nodes without a Pod; a nodePort client cannot know.
  if (target.service.type === 'LoadBalancer' || all.length === 0) return [undefined]
  return isLocal ? all : [undefined]
}

function dialOf(
  world: World,
  client: Client,
  { service, by }: Extract<Target, { kind: 'service' }>,
  found: FoundPort,
  node: string | undefined,
  number: number,
): Dial {
  const { protocol, port } = found
  const byNode = by === 'nodePort' || (client.kind === 'outside' && service.type === 'NodePort')
  const nodePlace = nodes(world).find(({ name }) => node === undefined || name === node)
  const address = byNode
    ? nodePlace?.address
    : client.kind === 'outside'
      ? (balancerAddresses(service)[0] ?? listAt(service.spec, 'externalIPs').map(String)[0])
      : clusterIPs(service)[0]
  return {
    port: byNode ? (port?.nodePort ?? 0) : number,
    protocol,
    ...(address !== undefined && { address }),
  }
}
