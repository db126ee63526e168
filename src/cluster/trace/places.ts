import type { ProbeRequest } from '../../explain/trace/observation.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { TraceParts } from './network.ts'

/** Every place of nodes and Pods that the packets may pass, each namespace once, by what it is called. */
export function placesOnTheWay(
  { nodes, podNetwork }: TraceParts,
  { from, pods }: ProbeRequest,
  client: NetworkNamespace,
): ReadonlyMap<string, NetworkNamespace> {
  const places = new Map<string, NetworkNamespace>(nodes)
  if (from !== 'outside') places.set(from, client)
  for (const key of pods) {
    const [namespace = '', name = ''] = key.split('/', 2)
    const netns = podNetwork.sandboxOf(namespace, name)?.netns
    if (netns !== undefined) places.set(`pod/${key}`, netns)
  }
  return new Map(
    [...places].filter(([place], i, all) => all.findIndex(([, other]) => other.fd === places.get(place)?.fd) === i),
  )
}
