/** Hops 3 and 4: from what TO says to the Service or Pod that is meant. */
import { parseIP } from '../../lib/ip.ts'
import { suggest } from '../../manifest/suggest.ts'
import { objectsOfKind } from '../check/context.ts'
import { textAt } from '../check/json.ts'
import { ownerOf } from './addresses.ts'
import type { Client } from './client.ts'
import { enterBalancer, enterNodePort, enterRoute, enterService, noRoute, NOT_USED, onlyInside } from './entry.ts'
import { fail, ok, skipped, unknown, type HopFinding } from './finding.ts'
import { findRoute, isRoutedHost } from './ingress.ts'
import { isClusterName, resolveName, unknownName } from './names.ts'
import type { To } from './places.ts'
import { NO_SUCH_NAME } from './symptoms.ts'
import type { Target } from './target.ts'
import { findService, notGiven, seen, title, type World } from './world.ts'

export interface Route {
  readonly name: HopFinding
  readonly entry: HopFinding
  /** Absent where the way ends before it. */
  readonly target?: Target
  /** The node whose nodePort is used, where TO says which. */
  readonly node?: string
}

type HostTo = Extract<To, { kind: 'host' }>

export function routeTo(world: World, client: Client, to: To): Route {
  switch (to.kind) {
    case 'node':
      return routeToNodePort(world, to, skipped('name', 'not used: the node is named by the client'), to.name)
    case 'pod':
      return routeToPod(world, client, to)
    case 'service':
      return routeToService(world, client, to)
    case 'host':
      return routeToHost(world, client, to)
    default:
      return to satisfies never
  }
}

function routeToNodePort(
  world: World,
  to: { readonly port: number; readonly protocol?: string },
  name: HopFinding,
  node: string | undefined,
): Route {
  const { hop, service } = enterNodePort(world, to.port, to.protocol, node)
  const place = node === undefined ? {} : { node }
  if (service === undefined) return { name, entry: hop, ...place }
  const target: Target = { kind: 'service', service, port: to.port, by: 'nodePort', protocol: to.protocol }
  return { name, entry: hop, target, ...place }
}

function routeToPod(world: World, client: Client, to: Extract<To, { kind: 'pod' }>): Route {
  const namespace = to.namespace ?? client.namespace
  const name = skipped('name', "not used: the Pod's own address")
  const candidates = world.context.workloads.filter((workload) => workload.namespace === namespace)
  const workload =
    candidates.find((candidate) => candidate.kind === 'Pod' && candidate.name === to.name) ??
    candidates.find((candidate) => candidate.kind === 'StatefulSet' && isOrdinal(candidate.name, to.name))
  if (workload === undefined) {
    const near = suggest(
      to.name,
      candidates.map((candidate) => candidate.name),
    )
    const hint = near === undefined ? '' : `: did you mean ${near}?`
    const entry = unknown('entry', `Pod ${namespace}/${to.name}: ${notGiven(world)}${hint}`)
    return { name, entry }
  }
  if (client.kind === 'outside') return { name, entry: onlyInside(world, `Pod ${to.name}`, undefined) }
  return { name, entry: NOT_USED, target: { kind: 'pod', workload, port: to.port, protocol: to.protocol ?? 'TCP' } }
}

function isOrdinal(set: string, pod: string): boolean {
  return pod.startsWith(`${set}-`) && /^\d+$/.test(pod.slice(set.length + 1))
}

function routeToService(world: World, client: Client, to: Extract<To, { kind: 'service' }>): Route {
  const namespace = to.namespace ?? client.namespace
  const service = findService(world, namespace, to.name)
  const request = { port: to.port, by: 'port' as const, protocol: to.protocol }
  if (client.kind === 'outside') {
    if (service === undefined) return { name: unknownName(world, client, `${to.name}.${namespace}`), entry: NOT_USED }
    const name = skipped('name', 'not used: the client outside has an address')
    const { hop, by } = enterService(world, client, service, to.port)
    return { name, entry: hop, target: { kind: 'service', service, ...request, by } }
  }
  const host = namespace === client.namespace ? to.name : `${to.name}.${namespace}`
  return routeByName(world, client, host, request)
}

interface Wanted {
  readonly port: number | string | undefined
  readonly by: 'port'
  readonly protocol: string | undefined
}

function routeByName(world: World, client: Client, host: string, wanted: Wanted): Route {
  const { hop, service, only } = resolveName(world, client, host)
  if (service === undefined) return { name: hop, entry: NOT_USED }
  return {
    name: hop,
    entry: NOT_USED,
    target: { kind: 'service', service, ...wanted, ...(only !== undefined && { only }) },
  }
}

function routeToHost(world: World, client: Client, to: HostTo): Route {
  if (to.host === 'localhost' || /^127\.|^::1$/.test(to.host)) return routeToLoopback(client, to)
  if (parseIP(to.host) !== undefined) return routeToAddress(world, client, to)
  const isCluster = isClusterName(world, to.host)
  if (!isCluster && isRoutedHost(world, to.host)) return routeByRule(world, to)
  if (client.kind === 'outside') return fromOutside(world, to, isCluster)
  return routeByName(world, client, to.host, { port: to.port, by: 'port', protocol: to.protocol })
}

function fromOutside(world: World, to: HostTo, isCluster: boolean): Route {
  if (isCluster) {
    const name = fail('name', `${to.host} is a name of the cluster: nobody outside can resolve it`, NO_SUCH_NAME, {
      rule: 'PTL705',
      fixes: [{ title: 'use an Ingress, a LoadBalancer or a nodePort from outside', location: null }],
    })
    return { name, entry: NOT_USED }
  }
  const balanced = world.context.services.find(
    ({ object }) =>
      textAt(object.value, 'metadata', 'annotations', 'external-dns.alpha.kubernetes.io/hostname') === to.host,
  )
  if (balanced === undefined) {
    return { name: unknown('name', `${to.host}: the manifests do not say what it resolves to`), entry: NOT_USED }
  }
  const name = ok('name', `${to.host} by external-dns`, {
    evidence: [seen(world, balanced.object, ['metadata', 'annotations'], title(balanced))],
  })
  const { hop, by } = enterService(world, { kind: 'outside', namespace: '', hop: name }, balanced, to.port)
  return { name, entry: hop, target: { kind: 'service', service: balanced, port: to.port, by, protocol: to.protocol } }
}

function routeByRule(world: World, to: HostTo): Route {
  const path = to.url?.path ?? '/'
  const route = findRoute(world, to.host, path)
  const rules = [...objectsOfKind(world.context, 'Ingress'), ...objectsOfKind(world.context, 'HTTPRoute')]
  const evidence = rules.slice(0, 1).map((object) => seen(world, object, ['spec'], `${object.kind} ${object.name}`))
  const name = ok('name', `${to.host} is a host of the cluster's ${route?.object.kind ?? 'Ingress'}`, { evidence })
  if (route === undefined) return { name, entry: noRoute(to.host, path) }
  const service = findService(world, route.namespace, route.service)
  const entry = enterRoute(world, route, service)
  if (service === undefined) return { name, entry }
  return { name, entry, target: { kind: 'service', service, port: route.port, by: 'port', protocol: 'TCP' } }
}

function routeToLoopback(client: Client, to: HostTo): Route {
  const name = ok('name', `${to.host} is the client itself`)
  const protocol = to.protocol ?? 'TCP'
  if (client.kind === 'pod' && client.workload !== undefined) {
    const target: Target = { kind: 'pod', workload: client.workload, port: to.port, protocol, loopback: true }
    return { name, entry: NOT_USED, target }
  }
  return { name, entry: NOT_USED, target: { kind: 'elsewhere', host: to.host, port: to.port, protocol } }
}

function routeToAddress(world: World, client: Client, to: HostTo): Route {
  const owner = ownerOf(world, to.host)
  const protocol = to.protocol
  const name = skipped('name', 'not used: TO is an address')
  if (owner === undefined) {
    return {
      name,
      entry: NOT_USED,
      target: { kind: 'elsewhere', host: to.host, port: to.port, protocol: protocol ?? 'TCP' },
    }
  }
  if (owner.kind === 'node') {
    const port = Number(to.port)
    if (Number.isInteger(port)) return routeToNodePort(world, { port, ...(protocol && { protocol }) }, name, owner.name)
    return { name, entry: unknown('entry', `${to.port} is no nodePort`) }
  }
  if (owner.kind === 'pod') {
    if (client.kind === 'outside') return { name, entry: onlyInside(world, to.host, undefined) }
    return {
      name,
      entry: NOT_USED,
      target: { kind: 'pod', workload: owner.workload, port: to.port, protocol: protocol ?? 'TCP' },
    }
  }
  const { service } = owner
  const target: Target = { kind: 'service', service, port: to.port, by: 'port', protocol }
  if (owner.as === 'load balancer') return { name, entry: enterBalancer(world, client, service), target }
  if (client.kind === 'outside' && owner.as === 'clusterIP') return { name, entry: onlyInside(world, to.host, service) }
  return { name, entry: NOT_USED, target }
}
