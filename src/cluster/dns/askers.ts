import type { Node, Pod } from '../../api/core.ts'
import { formatIP, parseIP } from '../../lib/ip.ts'
import { emptySnapshot, type Snapshot } from '../../model/snapshot.ts'

/** Who has an address: `namespace/name` of a Pod, or `node/name`. Programs in a node's network are the node. */
export interface Askers {
  at(address: string): string | undefined
}

/** Only what has changed since the last question is looked at. */
export function createAskers(snapshot: () => Snapshot): Askers {
  const byAddress = new Map<string, string>()
  let seen = emptySnapshot().objects
  const move = (name: string, before: readonly string[], after: readonly string[]): void => {
    for (const address of before) if (byAddress.get(address) === name) byAddress.delete(address)
    for (const address of after) byAddress.set(address, name)
  }
  return {
    at(address) {
      const { objects } = snapshot()
      for (const { key, before, after } of seen.Pod.changes(objects.Pod)) {
        move(key, addressesOfPod(before), addressesOfPod(after))
      }
      for (const { key, before, after } of seen.Node.changes(objects.Node)) {
        move(`node/${key}`, addressesOfNode(before), addressesOfNode(after))
      }
      seen = objects
      return byAddress.get(canonical(address))
    },
  }
}

/** One that has ended leaves its address to others. */
function addressesOfPod(pod: Pod | undefined): readonly string[] {
  const { phase, podIP, podIPs = podIP === undefined ? [] : [{ ip: podIP }] } = pod?.status ?? {}
  const ended = phase === 'Succeeded' || phase === 'Failed'
  if (pod === undefined || ended || pod.spec.hostNetwork === true) return []
  return podIPs.flatMap(({ ip }) => (ip === undefined || ip === '' ? [] : [canonical(ip)]))
}

function addressesOfNode(node: Node | undefined): readonly string[] {
  return (node?.status?.addresses ?? [])
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .map(({ address }) => canonical(address))
}

function canonical(text: string): string {
  const ip = parseIP(text)
  return ip === undefined ? text : formatIP(ip)
}
