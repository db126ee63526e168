/** Hop 6: the Pods behind a Service port, and the port that it resolves to in each of them. */
import { valueAt } from '../check/json.ts'
import { selectedBy } from '../check/context.ts'
import type { EndpointSet } from '../check/endpoint-set.ts'
import type { Service, ServicePort } from '../check/service.ts'
import { findNamedPort, isJob, type Workload } from '../check/workload.ts'
import type { Client } from './client.ts'
import { fail, ok, unknown, warn, type HopFinding } from './finding.ts'
import { nearEndpoints } from './near-endpoints.ts'
import { noPods } from './no-pods.ts'
import { podFacts } from './pod-facts.ts'
import { refused, timeout } from './symptoms.ts'
import { isWhole, seen, title, type World } from './world.ts'

/** One way on from the Service. */
export interface Branch {
  /** Relative to the others. */
  readonly share: number
  readonly hop: HopFinding
  /** Absent for an address that somebody wrote by hand, and where the hop is the end. */
  readonly workload?: Workload
  readonly address?: string
  readonly port?: number
  readonly node?: string
}

export interface EndpointQuestion {
  readonly client: Client
  readonly service: Service
  readonly port: ServicePort | undefined
  /** What a client of a headless Service dials. */
  readonly number: number
  readonly protocol: string
  /** The node whose rules choose. */
  readonly node: string | undefined
  /** Whether the connection comes by a nodePort or a load balancer. */
  readonly external: boolean
  /** One Pod of a headless Service. */
  readonly only: string | undefined
}

export function findEndpoints(world: World, question: EndpointQuestion): readonly Branch[] {
  const { service } = question
  if (!service.hasSelector) return manualEndpoints(world, question)
  const all = selectedBy(world.context, service).filter((workload) => !podFacts(workload).finished)
  const serving = all.some((workload) => !isJob(workload)) ? all.filter((workload) => !isJob(workload)) : all
  const named = serving.filter((workload) => isMeant(workload, question.only))
  if (named.length === 0) return [{ share: 1, hop: noPods(world, service, question.protocol) }]
  const running = named.filter(({ replicas }) => replicas !== 0)
  if (running.length === 0) return [{ share: 1, hop: scaledToZero(world, service, named, question.protocol) }]
  const withPort = running.filter((workload) => portIn(workload, question) !== undefined)
  if (withPort.length === 0) return [{ share: 1, hop: noNamedPort(world, question, running) }]
  const publishes = valueAt(service.spec, 'publishNotReadyAddresses') === true
  const ready = withPort.filter((workload) => publishes || isReady(workload))
  if (ready.length === 0) return [{ share: 1, hop: noneReady(world, question, withPort) }]
  return localOnes(world, question, ready, named.length - ready.length)
}

function isMeant(workload: Workload, only: string | undefined): boolean {
  if (only === undefined || workload.kind !== 'Pod') return true
  return workload.name === only || podFacts(workload).ip?.replaceAll('.', '-') === only
}

function isReady(workload: Workload): boolean {
  const { ready, terminating } = podFacts(workload)
  return ready && !terminating
}

function portIn(workload: Workload, { service, port, number }: EndpointQuestion): number | undefined {
  if (service.headless || port === undefined) return number
  const { target, protocol } = port
  return typeof target === 'string' ? findNamedPort(workload, target, protocol)?.containerPort : target
}

/** With a Local policy a node uses its own Pods only. */
function localOnes(
  world: World,
  question: EndpointQuestion,
  ready: readonly Workload[],
  leftOut: number,
): readonly Branch[] {
  const { service, external, node } = question
  const field = external ? 'externalTrafficPolicy' : 'internalTrafficPolicy'
  const isLocal = valueAt(service.spec, field) === 'Local' && !service.headless
  if (!isLocal) {
    const { workloads, note } = nearEndpoints(world, service, ready, node)
    return workloads.map((workload) => branchOf(world, question, workload, workloads.length, leftOut, note))
  }
  const policy = `${field}: Local`
  const isPlaced = node !== undefined && ready.every((workload) => podFacts(workload).node !== undefined)
  if (!isPlaced) {
    const note = `; ${policy}: a node without a Pod drops`
    return ready.map((workload) => branchOf(world, question, workload, ready.length, leftOut, note))
  }
  const here = ready.filter((workload) => podFacts(workload).node === node)
  if (here.length > 0) {
    return here.map((workload) => branchOf(world, question, workload, here.length, leftOut, `; ${policy}, on ${node}`))
  }
  const elsewhere = [...new Set(ready.map((workload) => podFacts(workload).node))].join(', ')
  const text = `no endpoint on ${node}, and ${policy}: the packets are dropped (there are ${ready.length} on ${elsewhere})`
  const path = ['spec', field]
  const hop = fail('endpoint', text, timeout(question.protocol), {
    rule: 'PTL906',
    object: service.object,
    evidence: [seen(world, service.object, path, policy)],
    fixes: [{ title: `${field}: Cluster`, location: world.locate(service.object, path) }],
  })
  return [{ share: 1, hop, ...(node !== undefined && { node }) }]
}

function branchOf(
  world: World,
  question: EndpointQuestion,
  workload: Workload,
  count: number,
  leftOut: number,
  note: string,
): Branch {
  const { service, port, protocol } = question
  const number = portIn(workload, question) ?? 0
  const { ip, node } = podFacts(workload)
  const named = typeof port?.target === 'string' && !service.headless ? ` (${port.target} = ${number})` : ''
  const replicas =
    workload.replicas === undefined
      ? ''
      : `, ${workload.replicas === 1 ? '1 replica' : `${workload.replicas} replicas`}`
  const rest = leftOut === 0 ? '' : `, ${leftOut} left out`
  const some = count === 1 ? '' : ` (1 of ${count}${rest})`
  const isMismatch = service.headless && typeof port?.target === 'number' && port.target !== number
  const text = `${title(workload)}${replicas}, port ${number}${named}${some || rest}${note}`
  const details = {
    object: workload.object,
    out: { address: ip ?? null, port: number, protocol },
    evidence: [seen(world, workload.object, workload.labelsPath, labelsText(service))],
    ...(isMismatch && { rule: 'PTL115' }),
  }
  const hop = leftOut > 0 || note.includes('drops') ? warn('endpoint', text, details) : ok('endpoint', text, details)
  return {
    share: workload.replicas ?? 1,
    hop,
    workload,
    port: number,
    ...(ip !== undefined && { address: ip }),
    ...(node !== undefined && { node }),
  }
}

function labelsText({ selector }: Service): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function scaledToZero(world: World, service: Service, workloads: readonly Workload[], protocol: string): HopFinding {
  const path = ['spec', 'replicas']
  return fail('endpoint', 'no Pods behind the Service: replicas is 0', refused(protocol), {
    rule: 'PTL207',
    object: service.object,
    evidence: [
      seen(
        world,
        service.object,
        ['spec', 'selector'],
        `selector ${labelsText(service)}: the Service takes these Pods`,
      ),
      ...workloads.map(({ object }) => seen(world, object, path, 'replicas: 0: and there are none')),
    ],
    fixes: workloads.map(({ object, name }) => ({ title: `scale ${name} up`, location: world.locate(object, path) })),
  })
}

function noNamedPort(
  world: World,
  { service, port, protocol }: EndpointQuestion,
  workloads: readonly Workload[],
): HopFinding {
  const index = port === undefined ? 0 : service.ports.indexOf(port)
  const path = ['spec', 'ports', index, 'targetPort']
  const all = workloads.flatMap(({ containers }) => containers.flatMap(({ ports }) => ports))
  const declared = all.filter((one) => one.protocol === protocol && one.name !== '').map(({ name }) => name)
  const has = declared.length === 0 ? 'they name none' : `they name ${[...new Set(declared)].join(', ')}`
  const text = `no selected Pod has a ${protocol} port named ${JSON.stringify(port?.target)}: ${has}`
  const [only] = declared
  return fail('endpoint', text, refused(protocol), {
    rule: 'PTL301',
    object: service.object,
    evidence: [
      seen(world, service.object, path, `targetPort: ${port?.target}`),
      ...workloads.map(({ object, podPath }) => seen(world, object, [...podPath, 'containers'], 'the declared ports')),
    ],
    fixes: only === undefined ? [] : [{ title: `targetPort: ${only}`, location: world.locate(service.object, path) }],
  })
}

function noneReady(world: World, { service, protocol }: EndpointQuestion, workloads: readonly Workload[]): HopFinding {
  const reasons = workloads.map((workload) => {
    const { reason = 'not ready', terminating } = podFacts(workload)
    return `${workload.name}: ${terminating ? 'terminating' : reason}`
  })
  const text = `none of ${workloads.length} ${workloads.length === 1 ? 'Pod' : 'Pods'} is ready (${reasons.slice(0, 3).join(', ')})`
  return fail('endpoint', text, refused(protocol), {
    rule: 'PTL904',
    object: service.object,
    evidence: workloads.map(({ object, name }) =>
      seen(world, object, ['status', 'conditions'], `${name} is not Ready`),
    ),
    fixes: workloads.slice(0, 1).map(({ name }) => ({ title: `see why: portolan logs ${name}`, location: null })),
  })
}

/** Addresses that somebody wrote by hand. */
function manualEndpoints(world: World, question: EndpointQuestion): readonly Branch[] {
  const { service, port, number, protocol } = question
  const sets = world.context.endpointSets.get(`${service.namespace}/${service.name}`) ?? []
  const found = sets.flatMap((set) => {
    const target = service.headless
      ? number
      : set.ports.find((one) => one.name === (port?.name ?? '') && one.protocol === protocol)?.port
    return target === undefined ? [] : set.addresses.map((entry) => ({ ...entry, object: set.object, target }))
  })
  if (found.length === 0) return [{ share: 1, hop: noManual(world, question, sets) }]
  return found.map(({ address, object, path, target }) => ({
    share: 1,
    address,
    port: target,
    hop: ok(
      'endpoint',
      `${address}:${target}, an address by hand${found.length === 1 ? '' : ` (1 of ${found.length})`}`,
      {
        object,
        out: { address, port: target, protocol },
        evidence: [seen(world, object, path, address)],
      },
    ),
  }))
}

function noManual(
  world: World,
  { service, port, protocol }: EndpointQuestion,
  sets: readonly EndpointSet[],
): HopFinding {
  const details = { object: service.object, rule: sets.length > 0 ? 'PTL211' : 'PTL208' }
  const [slice] = sets
  if (slice !== undefined) {
    if (sets.every(({ ports }) => ports.every((one) => one.port === undefined))) {
      const evidence = [seen(world, slice.object, ['endpoints'], 'addresses without a port')]
      return fail('endpoint', 'its EndpointSlices list addresses and no port', refused(protocol), {
        ...details,
        rule: 'PTL905',
        evidence,
      })
    }
    const name = port?.name === '' || port === undefined ? 'without a name' : `named ${port.name}`
    return fail('endpoint', `its EndpointSlices have no ${protocol} port ${name}`, refused(protocol), details)
  }
  const text = `${title(service)} has no selector, and no EndpointSlice for it`
  return isWhole(world)
    ? fail('endpoint', text, refused(protocol), details)
    : unknown('endpoint', `${text} was given`, details)
}
