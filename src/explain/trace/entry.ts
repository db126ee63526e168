/** Hop 4: what stands between a client and a Service when it does not come by the Service's own address. */
import { cidrContains, parseCIDR, parseIP } from '../../lib/ip.ts'
import { listAt, textAt, type Path } from '../check/json.ts'
import { portsText, type Service, type ServicePort } from '../check/service.ts'
import { balancerAddresses } from './addresses.ts'
import type { Client } from './client.ts'
import { fail, ok, skipped, unknown, type HopFinding } from './finding.ts'
import type { RoutedBackend } from './ingress.ts'
import { NO_SUCH_NAME, NOT_FOUND, REFUSED, TIMEOUT, UNAVAILABLE } from './symptoms.ts'
import { isWhole, nearService, notGiven, seen, servicesNamed, title, type World } from './world.ts'

export const NOT_USED: HopFinding = skipped('entry', 'not used: the call stays in the cluster')

/** A Service from outside, without saying how. */
export function enterService(
  world: World,
  client: Client,
  service: Service,
  wanted: number | string | undefined,
): Entered {
  const path = ['spec', 'type']
  const evidence = [seen(world, service.object, path, `type: ${service.type}`)]
  const port = service.ports.find(({ port, name }) => wanted === undefined || port === wanted || name === wanted)
  if (service.type === 'LoadBalancer') return { hop: enterBalancer(world, client, service), by: 'port' }
  if (service.type === 'NodePort') {
    const number = port?.nodePort ?? 0
    const text = number === 0 ? 'a nodePort that the cluster chooses' : `nodePort ${number}`
    return { hop: ok('entry', `${text} on every node`, { object: service.object, evidence }), by: 'port' }
  }
  const hop = fail(
    'entry',
    `${title(service)} is a ${service.headless ? 'headless Service' : service.type}: it has no address outside of the cluster`,
    NO_SUCH_NAME,
    {
      rule: 'PTL705',
      object: service.object,
      evidence,
      fixes: [
        {
          title: 'type: NodePort or LoadBalancer, or an Ingress in front',
          location: world.locate(service.object, path),
        },
      ],
    },
  )
  return { hop, by: 'port' }
}

export interface Entered {
  readonly hop: HopFinding
  readonly by: 'port' | 'nodePort'
}

/** The address of a load balancer, and who may use it. */
export function enterBalancer(world: World, client: Client, service: Service): HopFinding {
  const ranges = listAt(service.spec, 'loadBalancerSourceRanges').map(String)
  const [address] = balancerAddresses(service)
  const where = address === undefined ? 'load balancer' : `load balancer ${address}`
  const path: Path = ['spec', 'loadBalancerSourceRanges']
  if (world.mode !== 'static' && address === undefined) {
    return fail('entry', `${title(service)} has no address: no load balancer has taken it`, NO_SUCH_NAME, {
      rule: 'PTL907',
      object: service.object,
    })
  }
  const evidence = [seen(world, service.object, ['spec', 'type'], `type: ${service.type}`)]
  if (ranges.length === 0) return ok('entry', where, { object: service.object, evidence })
  const because = seen(world, service.object, path, ranges.join(', '))
  const ip = client.address === undefined ? undefined : parseIP(client.address)
  if (ip === undefined) {
    const text = `${where}: clients outside of ${ranges.join(', ')} are dropped, and the client's address is not known`
    return unknown('entry', text, { object: service.object, evidence: [because] })
  }
  const isInside = ranges.some((range) => {
    const cidr = parseCIDR(range.trim())
    return cidr !== undefined && cidrContains(cidr, ip)
  })
  if (isInside)
    return ok('entry', `${where}: ${client.address} may use it`, { object: service.object, evidence: [because] })
  const text = `${where} drops ${client.address}: it is not in ${ranges.join(', ')}`
  return fail('entry', text, TIMEOUT, {
    rule: 'PTL908',
    object: service.object,
    evidence: [because],
    fixes: [
      { title: `add ${client.address}/32 to loadBalancerSourceRanges`, location: world.locate(service.object, path) },
    ],
  })
}

/** The Service behind a nodePort; without one, why not. */
export function enterNodePort(
  world: World,
  number: number,
  protocol: string | undefined,
  node: string | undefined,
): { readonly hop: HopFinding; readonly service?: Service } {
  const owns = ({ nodePort, protocol: own }: ServicePort): boolean =>
    nodePort === number && (protocol === undefined || own === protocol)
  const service = world.context.services.find(({ ports }) => ports.some(owns))
  if (service !== undefined) {
    const index = service.ports.findIndex(owns)
    const path = ['spec', 'ports', index, 'nodePort']
    const evidence = [seen(world, service.object, path, `nodePort: ${number}`)]
    const where = node === undefined ? 'on every node' : `on ${node}`
    return {
      hop: ok('entry', `nodePort ${number} ${where} -> ${title(service)}`, { object: service.object, evidence }),
      service,
    }
  }
  return { hop: noNodePort(world, number, protocol) }
}

function noNodePort(world: World, number: number, protocol: string | undefined): HopFinding {
  const { services } = world.context
  const isOther = services.find(({ ports }) => ports.some(({ nodePort }) => nodePort === number))
  const mistaken = services.find(
    ({ type, ports }) =>
      (type === 'NodePort' || type === 'LoadBalancer') &&
      ports.some(({ port, target, nodePort }) => nodePort > 0 && (port === number || target === number)),
  )
  const right = mistaken?.ports.find(({ port, target }) => port === number || target === number)
  if (isOther !== undefined) {
    return fail(
      'entry',
      `nodePort ${number} of ${title(isOther)} is not ${protocol}: it has ${portsText(isOther)}`,
      REFUSED,
      {
        object: isOther.object,
      },
    )
  }
  if (mistaken !== undefined && right !== undefined) {
    const index = mistaken.ports.indexOf(right)
    const what = right.port === number ? 'port' : 'targetPort'
    return fail('entry', `no Service has nodePort ${number}: it is the ${what} of ${title(mistaken)}`, REFUSED, {
      rule: 'PTL702',
      object: mistaken.object,
      evidence: [seen(world, mistaken.object, ['spec', 'ports', index, 'nodePort'], `nodePort: ${right.nodePort}`)],
      fixes: [{ title: `use node:${right.nodePort}`, location: null }],
    })
  }
  if (isWhole(world)) return fail('entry', `no Service has nodePort ${number}`, REFUSED)
  return unknown('entry', `no Service that was given has nodePort ${number}: ${notGiven(world)}`)
}

/** A rule of an Ingress or a route that sends the request on. */
export function enterRoute(
  world: World,
  { object, path, service: name, namespace, host, prefix }: RoutedBackend,
  service: Service | undefined,
): HopFinding {
  const what = `${object.kind} ${namespace}/${object.name}`
  const evidence = [seen(world, object, path, `${host === '' ? 'every host' : host} ${prefix}`)]
  if (service !== undefined) {
    return ok('entry', `${what}: ${host}${prefix} -> ${title(service)}`, { object, evidence })
  }
  const near = nearService(world, namespace, name)
  const elsewhere = servicesNamed(world, name)[0]
  const hint = near === undefined ? '' : `: did you mean ${near}?`
  const other =
    elsewhere === undefined ? hint : `: it is in namespace ${elsewhere.namespace}, which ${object.kind} cannot reach`
  const details = { rule: object.kind === 'Ingress' ? 'PTL601' : 'PTL604', object, evidence }
  if (other === '') return unknown('entry', `${what} sends to Service ${name}: ${notGiven(world)}`, details)
  return fail(
    'entry',
    `${what} sends to Service ${name}, which namespace ${namespace} does not have${other}`,
    UNAVAILABLE,
    details,
  )
}

/** No rule has this path of the host. */
export function noRoute(host: string, path: string): HopFinding {
  return fail('entry', `no Ingress or HTTPRoute rule of ${host} takes the path ${path}`, NOT_FOUND)
}

/** Where a client outside speaks to something that only the inside has. */
export function onlyInside(world: World, what: string, service: Service | undefined): HopFinding {
  const evidence =
    service === undefined
      ? []
      : [seen(world, service.object, ['spec', 'type'], textAt(service.spec, 'type') ?? 'type: ClusterIP')]
  return fail('entry', `${what} is an address inside of the cluster: nothing outside leads there`, TIMEOUT, {
    evidence,
  })
}
