/** Hop 5: the port of the Service that the client means. */
import { selectedBy } from '../check/context.ts'
import { textAt, type Path } from '../check/json.ts'
import { labelOfAnotherProxy } from '../check/rules/service-of-another-proxy.ts'
import { portsText, portText, type Service, type ServicePort } from '../check/service.ts'
import { declaredPorts } from '../check/workload.ts'
import { clusterIPs } from './addresses.ts'
import { fail, ok, unknown, warn, type HopFinding } from './finding.ts'
import type { TraceFix } from './report.ts'
import { refused } from './symptoms.ts'
import type { Target } from './target.ts'
import { seen, title, type World } from './world.ts'

export interface FoundPort {
  readonly hop: HopFinding
  readonly port?: ServicePort
  /** What the client connects to; for a headless Service the Pod's own port. */
  readonly number?: number
  readonly protocol: string
  /** The other side of an ExternalName. */
  readonly externalName?: string
}

type ServiceTarget = Extract<Target, { kind: 'service' }>

export function findServicePort(world: World, target: ServiceTarget): FoundPort {
  const { service } = target
  const protocol = target.protocol ?? 'TCP'
  if (service.type === 'ExternalName') return externalPort(world, target, protocol)
  const port = choosePort(target)
  if (port !== undefined)
    return { hop: portHop(world, target, port), port, number: port.port ?? 0, protocol: port.protocol }
  if (service.headless && typeof target.port === 'number') {
    const text = `${title(service)} is headless: clients dial ${target.port} on the Pod itself, though it is not one of ${portsText(service)}`
    return { hop: warn('service', text, { object: service.object }), number: target.port, protocol }
  }
  return { hop: noPort(world, target, protocol), protocol }
}

function choosePort({ service, port, by, protocol }: ServiceTarget): ServicePort | undefined {
  const fitting = service.ports.filter((candidate) => {
    if (protocol !== undefined && candidate.protocol !== protocol) return false
    if (by === 'nodePort') return candidate.nodePort === port
    if (port === undefined) return true
    return typeof port === 'number' ? candidate.port === port : candidate.name === port
  })
  if (port === undefined && fitting.length > 1) return undefined
  return fitting.find((candidate) => candidate.protocol === 'TCP') ?? fitting[0]
}

function portHop(world: World, { service, by }: ServiceTarget, port: ServicePort): HopFinding {
  const { object } = service
  const index = service.ports.indexOf(port)
  const path = ['spec', 'ports', index, 'port']
  const address = clusterIPs(service)[0] ?? null
  const name = port.name === '' ? '' : ` "${port.name}"`
  const target = `targetPort ${port.target}`
  const text = service.headless
    ? `${title(service)} is headless: a name for its Pods, no port mapping`
    : `${title(service)} port ${port.port}${name} ${port.protocol} -> ${target}`
  const evidence = [
    seen(world, object, path, `port: ${port.port}`),
    ...(port.targetPort === undefined
      ? []
      : [seen(world, object, ['spec', 'ports', index, 'targetPort'], `targetPort: ${port.targetPort}`)]),
  ]
  const dialled = by === 'nodePort' ? port.nodePort : (port.port ?? null)
  const details = { object, evidence, in: { address, port: dialled, protocol: port.protocol } }
  const label = labelOfAnotherProxy(service)
  if (label === undefined) return ok('service', text, details)
  const why = `${title(service)} is not served by the service proxy of the nodes: it has the label ${label}`
  const labelled = seen(world, object, ['metadata', 'labels', label], label)
  return warn('service', why, { ...details, rule: 'PTL507', evidence: [labelled, ...evidence] })
}

function externalPort(world: World, { service, port }: ServiceTarget, protocol: string): FoundPort {
  const externalName = textAt(service.spec, 'externalName') ?? ''
  const evidence = [seen(world, service.object, ['spec', 'externalName'], `externalName: ${externalName}`)]
  const hop = ok('service', `${title(service)} is a name for ${externalName}: the client chooses the port`, {
    object: service.object,
    evidence,
  })
  return { hop, protocol, externalName, ...(typeof port === 'number' && { number: port }) }
}

function noPort(world: World, target: ServiceTarget, protocol: string): HopFinding {
  const { service, port } = target
  const { object } = service
  if (service.ports.length === 0) {
    return unknown('service', `${title(service)} has no ports that could be read`, { object })
  }
  if (port === undefined) {
    return unknown('service', `say which port: ${title(service)} has ${portsText(service)}`, { object })
  }
  const other = service.ports.find((candidate) => candidate.port === port || candidate.name === port)
  if (other !== undefined) return wrongProtocol(world, service, other, protocol)
  const { what, right, path } = meaningOf(world, service, port)
  const evidence = [
    seen(
      world,
      object,
      path ?? ['spec', 'ports'],
      path === undefined ? `ports: ${portsText(service)}` : `${port}${what}`,
    ),
  ]
  const instead = right ?? (service.ports.length === 1 ? service.ports[0] : undefined)
  const fixes: readonly TraceFix[] =
    instead === undefined ? [] : [{ title: `use port ${instead.port}`, location: null }]
  const text = `${title(service)} has no port ${port}${what}: it has ${portsText(service)}`
  return fail('service', text, refused(protocol), { rule: 'PTL702', object, evidence, fixes })
}

function wrongProtocol(world: World, service: Service, port: ServicePort, protocol: string): HopFinding {
  const path = ['spec', 'ports', service.ports.indexOf(port), 'protocol']
  const text = `${title(service)} port ${portText(port)} is ${port.protocol} only: the client speaks ${protocol}`
  return fail('service', text, refused(protocol), {
    rule: 'PTL304',
    object: service.object,
    evidence: [seen(world, service.object, path, `protocol: ${port.protocol}`)],
    fixes: [{ title: `protocol: ${protocol}`, location: world.locate(service.object, path) }],
  })
}

interface Meaning {
  readonly what: string
  readonly right?: ServicePort
  readonly path?: Path
}

/** Which other number of the chain it is. */
function meaningOf(world: World, service: Service, wanted: number | string): Meaning {
  for (const [i, port] of service.ports.entries()) {
    if (port.target === wanted)
      return { what: ', which is a targetPort', right: port, path: ['spec', 'ports', i, 'targetPort'] }
    if (port.nodePort === wanted)
      return { what: ', which is a nodePort', right: port, path: ['spec', 'ports', i, 'nodePort'] }
  }
  const declares = selectedBy(world.context, service).some((workload) =>
    declaredPorts(workload).some(({ containerPort, name }) => containerPort === wanted || name === wanted),
  )
  return { what: declares ? ', which is a containerPort' : '' }
}
