import type { IPFamily, Pod } from '../api/core.ts'
import { setSysctls } from '../host/sysctl.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import { list, type Snapshot } from '../model/snapshot.ts'
import { compileHostPorts, hasHostPorts } from '../proxy/pod-host-ports.ts'
import type { Consumer } from './control-loop.ts'
import { createProxier, type Proxier } from './proxier.ts'

/** Connections to 127.0.0.1 of the node leave it for the Pod, and their answers come back to it. */
const LOOPBACK_IS_ROUTED = { 'ipv4.conf.all.route_localnet': '1' }

/** Keeps the rules for hostPorts on every node. A network without such Pods has none. */
export function createPodHostPorts(
  nodes: ReadonlyMap<string, NetworkNamespace>,
  families: readonly IPFamily[],
  onError: (error: unknown) => void,
): Consumer {
  const proxiers = new Map<string, Proxier>()
  const proxierOf = (node: string, family: IPFamily): Proxier => {
    const key = `${node} ${family}`
    const known = proxiers.get(key)
    if (known !== undefined) return known
    if (family === 'IPv4') setSysctls(nodes.get(node), LOOPBACK_IS_ROUTED)
    const made = createProxier(nodes.get(node))
    proxiers.set(key, made)
    return made
  }
  const write = (node: string, snapshot: Snapshot): void => {
    try {
      const pods = podsOf(snapshot, node)
      for (const family of families) proxierOf(node, family).sync(compileHostPorts(pods, family))
    } catch (error) {
      onError(error)
    }
  }
  return {
    name: 'hostPorts',
    sync(snapshot, events) {
      const changed = events.flatMap(({ object }) => (object.kind === 'Pod' && hasHostPorts(object) ? object : []))
      for (const node of new Set(changed.map(({ spec }) => spec.nodeName))) {
        if (node !== undefined && nodes.has(node)) write(node, snapshot)
      }
    },
  }
}

/** The oldest first: it keeps its port. */
function podsOf(snapshot: Snapshot, node: string): readonly Pod[] {
  const age = ({ metadata }: Pod): string => `${metadata.creationTimestamp} ${metadata.uid}`
  return list(snapshot, 'Pod')
    .filter(({ spec }) => spec.nodeName === node)
    .toSorted((a, b) => (age(a) < age(b) ? -1 : 1))
}
