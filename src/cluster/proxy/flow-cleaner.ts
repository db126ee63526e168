import type { IPFamily } from '../../api/core.ts'
import { type Conntrack, type Flow, openConntrack, UDP } from '../../host/conntrack.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { resolvedServices, type ServicePortInfo } from '../../model/resolve-services.ts'
import { staleFlows } from '../../proxy/stale-flows.ts'
import type { Consumer } from '../control-loop.ts'
import type { NodeFamilyPlan } from '../topology.ts'

/** Nodes, by where they are. */
export interface NodePlaces {
  readonly nodes: readonly { readonly name: string; readonly families: readonly NodePlace[] }[]
}

type NodePlace = Pick<NodeFamilyPlan, 'family' | 'address'>

/** Ends UDP flows to endpoints that are gone, after the rules say so, and off the path of the rules' own change. */
export function createFlowCleaner(
  topology: NodePlaces,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  onError: (error: unknown) => void,
  onCleaned: (node: string, family: IPFamily, seconds: number, deleted: number) => void = () => undefined,
): Consumer {
  const conntracks = new Map<string, Conntrack>()
  let seen: ReturnType<typeof resolvedServices> | undefined
  let due = false
  const clean = (services: readonly ServicePortInfo[]): void => {
    for (const { name, families } of topology.nodes) {
      const conntrack = conntracks.get(name) ?? openConntrack(nodes.get(name))
      conntracks.set(name, conntrack)
      const begin = performance.now()
      const addresses = families.map(({ address }) => address)
      const stale = staleFlows(conntrack.list(UDP), services, addresses)
      conntrack.delete(stale)
      const seconds = (performance.now() - begin) / 1000
      for (const family of new Set(families.map(({ family }) => family))) {
        onCleaned(name, family, seconds, stale.filter((flow) => familyOf(flow) === family).length)
      }
    }
  }
  return {
    name: 'UDP flows',
    sync(snapshot) {
      const resolved = resolvedServices(snapshot)
      const changes = seen === undefined ? [] : seen.changes(resolved)
      seen = resolved
      if (!changes.some(({ before = [], after = [] }) => [...before, ...after].some(isUDP)) || due) return
      due = true
      setImmediate(() => {
        due = false
        try {
          clean([...(seen?.values() ?? [])].flat())
        } catch (error) {
          onError(error)
        }
      })
    },
  }
}

function familyOf({ original }: Flow): IPFamily {
  return original.destination.includes(':') ? 'IPv6' : 'IPv4'
}

function isUDP({ name }: ServicePortInfo): boolean {
  return name.protocol === 'UDP'
}
