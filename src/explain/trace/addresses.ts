/** Which object an address belongs to, where an object says so. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import { objectsOfKind } from '../check/context.ts'
import { listAt, textAt } from '../check/json.ts'
import type { Service } from '../check/service.ts'
import type { Workload } from '../check/workload.ts'
import { podFacts } from './pod-facts.ts'
import type { World } from './world.ts'

export type AddressOwner =
  | { readonly kind: 'service'; readonly service: Service; readonly as: 'clusterIP' | 'load balancer' | 'external IP' }
  | { readonly kind: 'pod'; readonly workload: Workload }
  | { readonly kind: 'node'; readonly name: string }

export function clusterIPs({ spec }: Service): readonly string[] {
  const all = [textAt(spec, 'clusterIP') ?? '', ...listAt(spec, 'clusterIPs').map(String)]
  return [...new Set(all)].filter((address) => address !== '' && address !== 'None')
}

export function balancerAddresses({ spec, object }: Service): readonly string[] {
  const given = listAt(object.value, 'status', 'loadBalancer', 'ingress').flatMap((entry) => textAt(entry, 'ip') ?? [])
  const asked = textAt(spec, 'loadBalancerIP')
  return [...new Set([...given, ...(asked === undefined || asked === '' ? [] : [asked])])]
}

export function nodeAddress(node: ManifestObject): string | undefined {
  const all = listAt(node.value, 'status', 'addresses')
  const internal = all.find((entry) => textAt(entry, 'type') === 'InternalIP')
  return internal === undefined ? undefined : textAt(internal, 'address')
}

export interface NodePlace {
  readonly name: string
  readonly address: string | undefined
}

export function nodes(world: World): readonly NodePlace[] {
  return objectsOfKind(world.context, 'Node').map((node) => ({ name: node.name ?? '', address: nodeAddress(node) }))
}

export function ownerOf(world: World, address: string): AddressOwner | undefined {
  for (const service of world.context.services) {
    if (clusterIPs(service).includes(address)) return { kind: 'service', service, as: 'clusterIP' }
    if (balancerAddresses(service).includes(address)) return { kind: 'service', service, as: 'load balancer' }
    if (listAt(service.spec, 'externalIPs').includes(address)) return { kind: 'service', service, as: 'external IP' }
  }
  const workload = world.context.workloads.find((pod) => podFacts(pod).ip === address && !pod.hostNetwork)
  if (workload !== undefined) return { kind: 'pod', workload }
  const node = nodes(world).find((place) => place.address === address)
  return node && { kind: 'node', name: node.name }
}
