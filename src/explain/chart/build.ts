/** From a world of objects to what charts are drawn from. */
import { selectedBy } from '../check/context.ts'
import { textAt, valueAt } from '../check/json.ts'
import type { Service, ServicePort } from '../check/service.ts'
import { declaredPorts, findNamedPort, type Workload } from '../check/workload.ts'
import { balancerAddresses, clusterIPs, nodes } from '../trace/addresses.ts'
import { findEndpoints } from '../trace/endpoints.ts'
import { ok } from '../trace/finding.ts'
import { podFacts } from '../trace/pod-facts.ts'
import type { World } from '../trace/world.ts'
import type { BackendChart, ChartModel, ChartType, PortChart, ServiceChart } from './model.ts'

export interface ChartSelection {
  /** `NAME` or `NAMESPACE/NAME`; undefined: every Service. */
  readonly service?: string
}

/** In order of namespace and name. Services of the network itself are drawn where they are asked for. */
export function buildChart(world: World, { service }: ChartSelection = {}): ChartModel {
  const wanted = world.context.services
    .filter((candidate) =>
      service === undefined ? candidate.namespace !== 'kube-system' : isCalled(candidate, service),
    )
    .toSorted((a, b) => compare(a.namespace, b.namespace) || compare(a.name, b.name))
  return {
    schemaVersion: 1,
    mode: world.mode,
    clusterDomain: world.clusterDomain,
    services: wanted.map((candidate) => buildService(world, candidate)),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isCalled({ namespace, name }: Service, wanted: string): boolean {
  return wanted === name || wanted === `${namespace}/${name}`
}

function buildService(world: World, service: Service): ServiceChart {
  const { spec, object } = service
  return {
    namespace: service.namespace,
    name: service.name,
    type: typeOf(service),
    clusterIP: clusterIPs(service)[0] ?? null,
    balancerIP: balancerAddresses(service)[0] ?? null,
    externalName: service.type === 'ExternalName' ? (textAt(spec, 'externalName') ?? '') : null,
    externalTrafficPolicy: textAt(spec, 'externalTrafficPolicy') ?? 'Cluster',
    nodePorts: valueAt(spec, 'allocateLoadBalancerNodePorts') !== false,
    sessionAffinity: textAt(spec, 'sessionAffinity') === 'ClientIP',
    algorithm: textAt(object.value, 'metadata', 'annotations', 'portolan.dev/algorithm') ?? 'round-robin',
    nodes: nodes(world).map(({ name, address }) => ({ name, address: address ?? null })),
    ports: service.ports.map((port) => buildPort(world, service, port)),
  }
}

function typeOf({ type, headless }: Service): ChartType {
  if (type === 'ExternalName' || type === 'NodePort' || type === 'LoadBalancer') return type
  return headless ? 'Headless' : 'ClusterIP'
}

function buildPort(world: World, service: Service, port: ServicePort): PortChart {
  const backends = service.hasSelector
    ? selectedBy(world.context, service)
        .filter((workload) => !podFacts(workload).finished)
        .map((workload) => buildBackend(service, port, workload))
    : manualBackends(world, service, port)
  return {
    name: port.name,
    port: port.port ?? 0,
    protocol: port.protocol,
    nodePort: port.nodePort,
    targetPort: port.target ?? 0,
    backends,
    problem: service.type === 'ExternalName' ? null : problemOf(world, service, port),
  }
}

function buildBackend(service: Service, port: ServicePort, workload: Workload): BackendChart {
  const { target, protocol } = port
  const named = typeof target === 'string' ? findNamedPort(workload, target, protocol)?.containerPort : target
  const number = service.headless ? port.port : named
  const declared = declaredPorts(workload).filter((one) => one.containerPort === number && one.protocol === protocol)
  const containers = declared.map(({ container }) => ({ name: container.name, declared: true }))
  const facts = podFacts(workload)
  return {
    kind: workload.kind,
    name: workload.name,
    replicas: workload.replicas ?? null,
    address: facts.ip ?? null,
    node: facts.node ?? null,
    port: number ?? null,
    ready: facts.ready && !facts.terminating && workload.replicas !== 0,
    containers:
      containers.length > 0
        ? containers.slice(0, 1)
        : workload.containers.slice(0, 1).map(({ name }) => ({ name, declared: false })),
    socket: null,
  }
}

function manualBackends(world: World, service: Service, port: ServicePort): readonly BackendChart[] {
  const sets = world.context.endpointSets.get(`${service.namespace}/${service.name}`) ?? []
  return sets.flatMap((set) => {
    const target = set.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol)?.port
    return set.addresses.map(({ address }) => ({
      kind: 'address',
      name: address,
      replicas: null,
      address,
      node: null,
      port: target ?? null,
      ready: true,
      containers: [],
      socket: null,
    }))
  })
}

/** What the trace says of the endpoints, where it says that nothing arrives. */
function problemOf(world: World, service: Service, port: ServicePort): PortChart['problem'] {
  const [first] = findEndpoints(world, {
    client: { kind: 'node', namespace: service.namespace, hop: ok('client', '') },
    service,
    port,
    number: port.port ?? 0,
    protocol: port.protocol,
    node: undefined,
    external: false,
    only: undefined,
  })
  const hop = first?.hop
  return hop?.status === 'fail' || hop?.status === 'unknown' ? { rule: hop.rule ?? null, text: hop.text } : null
}
