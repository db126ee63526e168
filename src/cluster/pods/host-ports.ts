import type { IPFamily, Pod } from '../../api/core.ts'
import { setSysctls } from '../../host/sysctl.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { RuleWatcher } from '../../host/rule-watch.ts'
import { list, type Snapshot } from '../../model/snapshot.ts'
import { compileHostPorts, hasHostPorts } from '../../proxy/pod-host-ports.ts'
import type { Consumer } from '../control-loop.ts'
import { keepPlainTable } from '../proxy/table-keeper.ts'

/** Connections to 127.0.0.1 of the node leave it for the Pod, and their answers come back to it. */
const LOOPBACK_IS_ROUTED = { 'ipv4.conf.all.route_localnet': '1' }

/** Keeps the rules for hostPorts on every node. A network without such Pods has none. */
export function createPodHostPorts(
  nodes: ReadonlyMap<string, NetworkNamespace>,
  families: readonly IPFamily[],
  watcher: RuleWatcher,
  onError: (error: unknown) => void,
): Consumer {
  const keepers = new Map<string, ReturnType<typeof keepPlainTable>>()
  const keeperOf = (node: string, family: IPFamily): ReturnType<typeof keepPlainTable> => {
    const key = `${node} ${family}`
    const known = keepers.get(key)
    if (known !== undefined) return known
    const namespace = nodes.get(node)
    if (family === 'IPv4') setSysctls(namespace, LOOPBACK_IS_ROUTED)
    const made = keepPlainTable({ where: `${node}, hostPorts`, namespace, watcher, onError })
    keepers.set(key, made)
    return made
  }
  const write = (node: string, snapshot: Snapshot): void => {
    const pods = podsOf(snapshot, node)
    for (const family of families) keeperOf(node, family).sync(compileHostPorts(pods, family))
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
