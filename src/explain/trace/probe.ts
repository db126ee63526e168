/** What is to be looked at on a running network, to judge every way of a plan. */
import { parseIP } from '../../lib/ip.ts'
import { listAt, textAt } from '../check/json.ts'
import type { Workload } from '../check/workload.ts'
import { nodes } from './addresses.ts'
import { searchNames } from './names.ts'
import type { ProbeRequest } from './observation.ts'
import type { To } from './places.ts'
import type { Plan } from './plan.ts'
import type { World } from './world.ts'

/** Endpoints beyond this many are judged by what the API says of them. */
const MOST_DIRECT = 16

export function probeFor(world: World, plan: Plan, to: To): ProbeRequest {
  const { client, ways } = plan
  const dials = ways.flatMap(({ dial, node }) => {
    if (dial === undefined || dial.port === 0) return []
    const address = dial.address !== undefined && parseIP(dial.address) !== undefined ? dial.address : undefined
    const { port } = dial
    return [{ port, ...(address !== undefined && { address }), ...(node !== undefined && { node }) }]
  })
  const branches = ways.flatMap(({ branch }) => (branch === undefined ? [] : [branch]))
  const direct = branches.flatMap(({ address, port }) =>
    address === undefined || port === undefined || parseIP(address) === undefined ? [] : [{ address, port }],
  )
  const protocol = ways[0]?.dial?.protocol === 'UDP' ? 'UDP' : 'TCP'
  const send = question(plan, to)
  return {
    from: placeOf(world, plan),
    names: namesOf(world, plan, to),
    protocol,
    dials: unique(dials),
    direct: unique(direct)
      .filter(({ address, port }) => !dials.some((dial) => dial.address === address && dial.port === port))
      .slice(0, MOST_DIRECT),
    pods: [...new Set(branches.flatMap(({ workload }) => (workload?.kind === 'Pod' ? podKey(workload) : [])))].slice(
      0,
      MOST_DIRECT,
    ),
    ...(send !== undefined && { send }),
    ...(client.kind === 'outside' && { names: outsideNames(to) }),
  }
}

export function podKey({ namespace, name }: Pick<Workload, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

function unique<Thing>(things: readonly Thing[]): readonly Thing[] {
  return [...new Map(things.map((thing) => [JSON.stringify(thing), thing])).values()]
}

function placeOf(world: World, { client }: Plan): string {
  if (client.kind === 'outside') return 'outside'
  if (client.kind === 'node') return `node/${client.node ?? nodes(world)[0]?.name ?? 'node-1'}`
  return `pod/${client.namespace}/${client.workload?.name ?? ''}`
}

/** What the client's resolver asks for; nothing where TO is an address or is found without a name. */
function namesOf(world: World, { client }: Plan, to: To): readonly string[] {
  const host = hostOf(to, client.namespace)
  return host === undefined ? [] : searchNames(host, client.namespace, world.clusterDomain)
}

function hostOf(to: To, namespace: string): string | undefined {
  if (to.kind === 'service') {
    return to.namespace === undefined || to.namespace === namespace ? to.name : `${to.name}.${to.namespace}`
  }
  if (to.kind !== 'host' || to.host === 'localhost' || parseIP(to.host) !== undefined) return undefined
  return to.host
}

/** A resolver outside has no search path of the cluster. */
function outsideNames(to: To): readonly string[] {
  const host = to.kind === 'host' ? hostOf(to, '') : undefined
  return host === undefined ? [] : [host.replace(/\.$/, '')]
}

/** What is sent: a request of HTTP where TO is a URL of it, or where HTTP is what is spoken there. */
function question({ found, ways }: Plan, to: To): string | undefined {
  if (to.kind === 'host' && to.url !== undefined) {
    return to.url.scheme === 'http' ? request(to.host, to.url.path) : undefined
  }
  const { name = '', protocol, appProtocol } = found?.port ?? {}
  if (protocol === 'UDP' || ways[0]?.dial?.protocol === 'UDP') return undefined
  const isHTTP = /^(?:http|web)(?:$|-)/.test(name) || appProtocol === 'http'
  const pods = ways.flatMap(({ branch }) => (branch?.workload === undefined ? [] : [branch.workload]))
  const areStandIns = pods.length > 0 && pods.every(isStandIn)
  return isHTTP || areStandIns ? request('portolan', '/') : undefined
}

/** Whether Portolan's own program answers in the Pod. */
export function isStandIn({ object }: Workload): boolean {
  return listAt(object.value, 'status', 'containerStatuses').some((status) => textAt(status, 'imageID') === 'stand-in')
}

function request(host: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: portolan-trace\r\nAccept: */*\r\nConnection: close\r\n\r\n`
}
