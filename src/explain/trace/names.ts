/** Which Service or Pod a host name means for a client, by the search path that Kubernetes writes. */
import { searchDomains } from '../../dns/search-path.ts'
import { textAt, valueAt } from '../check/json.ts'
import type { Service } from '../check/service.ts'
import type { Workload } from '../check/workload.ts'
import type { Client } from './client.ts'
import { fail, ok, unknown, type HopFinding } from './finding.ts'
import { judgePolicies } from './policies.ts'
import { NAME_TIMEOUT, NO_SUCH_NAME } from './symptoms.ts'
import { findService, isWhole, nearService, notGiven, seen, servicesNamed, title, type World } from './world.ts'

export interface ResolvedName {
  readonly hop: HopFinding
  readonly service?: Service
  /** What stands before the Service's name: one Pod of a headless Service. */
  readonly only?: string
}

/** Dots of a name that is first tried as it is: `ndots:5`. */
const NDOTS = 5

/** The absolute names that the client's resolver tries, one after the other, without dots at their ends. */
export function searchNames(host: string, namespace: string, clusterDomain: string): readonly string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)]
  const searched = searchDomains(namespace, clusterDomain).map((domain) => `${host}.${domain}`)
  return host.split('.').length - 1 >= NDOTS ? [host, ...searched] : [...searched, host]
}

/** Whether the name can only be one of the cluster. */
export function isClusterName(world: World, host: string): boolean {
  const name = host.replace(/\.$/, '')
  const labels = name.split('.')
  if (labels.length === 1 || name.endsWith('.svc') || name.endsWith(`.${world.clusterDomain}`)) return true
  const namespaces = new Set(world.context.objects.map(world.context.namespaceOf))
  return labels.length === 2 && namespaces.has(labels[1] ?? '')
}

interface ServiceName {
  readonly namespace: string
  readonly service: string
  readonly front: string
}

function readName(name: string, clusterDomain: string): ServiceName | undefined {
  const suffix = `.svc.${clusterDomain}`
  if (!name.toLowerCase().endsWith(suffix)) return undefined
  const labels = name.toLowerCase().slice(0, -suffix.length).split('.')
  const namespace = labels.pop()
  const service = labels.pop()
  return namespace === undefined || service === undefined ? undefined : { namespace, service, front: labels.join('.') }
}

/** For a client inside of the cluster. */
export function resolveName(world: World, client: Client, host: string): ResolvedName {
  const lookup = lookupProblem(world, client)
  if (lookup !== undefined) return { hop: lookup }
  const names = searchNames(host, client.namespace, world.clusterDomain)
  for (const name of names) {
    const read = readName(name, world.clusterDomain)
    const service = read && findService(world, read.namespace, read.service)
    if (read === undefined || service === undefined) continue
    if (read.front !== '' && !service.headless) break
    const evidence = [seen(world, service.object, ['metadata', 'name'], title(service))]
    const hop = ok('name', `${host === name ? '' : `${host} -> `}${name}`, { object: service.object, evidence })
    return { hop, service, ...(read.front !== '' && { only: read.front }) }
  }
  return { hop: unknownName(world, client, host) }
}

/** Why no name of the cluster can be looked up from there; undefined where they can. */
function lookupProblem(world: World, client: Client): HopFinding | undefined {
  if (client.workload === undefined) return undefined
  return policyProblem(world, client.workload) ?? configProblem(world, client.workload)
}

function policyProblem(world: World, workload: Workload): HopFinding | undefined {
  // Where the policy says which Pods answer DNS, they are taken at their word: only a missing port is certain.
  const port = { number: 53, protocol: 'UDP' }
  const { verdict, policies } = judgePolicies(world, 'Egress', workload, { kind: 'unknown' }, port)
  const [policy] = policies
  if (verdict !== 'denied' || policy === undefined || world.mode === 'network') return undefined
  return fail('name', `NetworkPolicy ${policy.name} lets no DNS query out of ${title(workload)}`, NAME_TIMEOUT, {
    rule: 'PTL803',
    object: policy,
    evidence: [seen(world, policy, ['spec', 'egress'], 'no rule allows port 53')],
    fixes: [
      {
        title: 'allow UDP and TCP port 53 to cluster DNS in the egress rules',
        location: world.locate(policy, ['spec', 'egress']),
      },
    ],
  })
}

function configProblem(world: World, workload: Workload): HopFinding | undefined {
  const policy = textAt(workload.podSpec, 'dnsPolicy')
  const path = [...workload.podPath, 'dnsPolicy']
  const evidence = [seen(world, workload.object, path, `dnsPolicy: ${policy}`)]
  if (policy === 'Default' || (policy === 'ClusterFirst' && workload.hostNetwork)) {
    return fail('name', `dnsPolicy ${policy} asks the node's DNS, which knows no Service`, NO_SUCH_NAME, {
      rule: policy === 'Default' ? 'PTL706' : 'PTL409',
      object: workload.object,
      evidence,
      fixes: [
        {
          title: `dnsPolicy: ClusterFirst${workload.hostNetwork ? 'WithHostNet' : ''}`,
          location: world.locate(workload.object, path),
        },
      ],
    })
  }
  if (policy !== 'None' || valueAt(workload.podSpec, 'dnsConfig') === undefined) return undefined
  return unknown('name', 'dnsPolicy None: the Pod asks the servers of its dnsConfig', { evidence })
}

/** The name leads to nothing that was given: certain only where something near it shows the mistake. */
export function unknownName(world: World, client: Client, host: string): HopFinding {
  const [first = '', second] = host.replace(/\.$/, '').split('.')
  if (!isClusterName(world, host)) {
    return unknown('name', `${host} is a name outside of the cluster: the manifests do not say what it resolves to`)
  }
  const namespace = second ?? client.namespace
  const elsewhere = servicesNamed(world, first).filter((service) => service.namespace !== namespace)
  const isClosed = isWhole(world)
  if (elsewhere[0] !== undefined) return nameElsewhere(world, host, namespace, elsewhere)
  const near = nearService(world, namespace, first)
  if (near !== undefined) {
    const object = findService(world, namespace, near)?.object
    return fail(
      'name',
      `no Service is called ${first} in namespace ${namespace}: did you mean ${near}?`,
      NO_SUCH_NAME,
      {
        rule: 'PTL701',
        evidence: object === undefined ? [] : [seen(world, object, ['metadata', 'name'], `Service ${near}`)],
        fixes: [{ title: `use the name ${near}`, location: null }],
      },
    )
  }
  const text = `no Service is called ${first} in namespace ${namespace}`
  return isClosed
    ? fail('name', text, NO_SUCH_NAME, { rule: 'PTL701' })
    : unknown('name', `${text}: ${notGiven(world)}`, { rule: 'PTL701' })
}

function nameElsewhere(world: World, host: string, namespace: string, services: readonly Service[]): HopFinding {
  const [service] = services
  const names = services.map((other) => other.namespace).join(', ')
  const better = `${service?.name}.${service?.namespace}`
  return fail('name', `${host}: namespace ${namespace} has no such Service, but ${names} has one`, NO_SUCH_NAME, {
    rule: 'PTL703',
    evidence: services.map((other) => seen(world, other.object, ['metadata', 'name'], title(other))),
    fixes: [{ title: `call it ${better}`, location: null }],
  })
}
