/** trafficDistribution: the endpoints that are near, by the hints that it puts into EndpointSlices. */
import { objectsOfKind } from '../check/context.ts'
import { textAt } from '../check/json.ts'
import type { Service } from '../check/service.ts'
import type { Workload } from '../check/workload.ts'
import { podFacts } from './pod-facts.ts'
import type { World } from './world.ts'

export interface NearEndpoints {
  readonly workloads: readonly Workload[]
  /** Why these; empty where all of them are. */
  readonly note: string
}

/** `node`: the one whose rules choose. */
export function nearEndpoints(
  world: World,
  service: Service,
  ready: readonly Workload[],
  node: string | undefined,
): NearEndpoints {
  const all = { workloads: ready, note: '' }
  const wanted = textAt(service.spec, 'trafficDistribution')
  if (wanted === undefined || node === undefined || service.headless) return all
  const places = ready.map((workload) => podFacts(workload).node)
  const here = ready.filter((_, i) => places[i] === node)
  const isPlaced = places.every((place) => place !== undefined)
  if (wanted === 'PreferSameNode' && isPlaced && here.length > 0)
    return { workloads: here, note: `; trafficDistribution: ${wanted}, on ${node}` }
  const zone = zoneOf(world, node)
  const zones = places.map((place) => (place === undefined ? undefined : zoneOf(world, place)))
  const near = ready.filter((_, i) => zones[i] === zone)
  if (zone === undefined || near.length === 0 || zones.includes(undefined)) return all
  return { workloads: near, note: `; trafficDistribution: ${wanted}, in zone ${zone}` }
}

function zoneOf(world: World, name: string): string | undefined {
  const node = objectsOfKind(world.context, 'Node').find((object) => object.name === name)
  return (node && textAt(node.value, 'metadata', 'labels', 'topology.kubernetes.io/zone')) || undefined
}
