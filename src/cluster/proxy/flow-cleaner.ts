import type { IPFamily } from '../../api/core.ts'
import { type Conntrack, type Flow, openConntrack, UDP } from '../../host/conntrack.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { resolvedServices, type ServicePortInfo } from '../../model/resolve-services.ts'
import { staleFlows } from '../../proxy/stale-flows.ts'
import type { Consumer } from '../control-loop.ts'
import type { NodeFamilyPlan } from '../topology.ts'
import { explained } from './kernel-errors.ts'

/** Nodes, by where they are. */
export interface NodePlaces {
  readonly nodes: readonly { readonly name: string; readonly families: readonly NodePlace[] }[]
}

type NodePlace = Pick<NodeFamilyPlan, 'family' | 'address'>

export interface FlowCleanerOptions {
  readonly onCleaned?: (node: string, family: IPFamily, seconds: number, deleted: number) => void
  readonly open?: (namespace: NetworkNamespace | undefined) => Conntrack
  /** An earlier run may have left flows: the first Services that are seen count as a change. */
  readonly inherits?: boolean
  /** Milliseconds until what the kernel refused is tried again. */
  readonly retry?: number
}

/**
 * Ends UDP flows to endpoints that are gone, after the rules say so, and off the path of the rules' own change. A node that
 * cannot be looked into is tried again, and the others go on.
 */
export function createFlowCleaner(
  topology: NodePlaces,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  onError: (error: unknown) => void,
  { onCleaned = () => undefined, open = openConntrack, inherits = false, retry = 1000 }: FlowCleanerOptions = {},
): Consumer {
  const conntracks = new Map<string, Conntrack>()
  const told = new Map<string, string>()
  let seen: ReturnType<typeof resolvedServices> | undefined = inherits ? OrderedMap.empty() : undefined
  let timer: NodeJS.Immediate | NodeJS.Timeout | undefined
  const cleanNode = ({ name, families }: NodePlaces['nodes'][number], services: readonly ServicePortInfo[]): void => {
    const conntrack = conntracks.get(name) ?? open(nodes.get(name))
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
  const clean = (): void => {
    timer = undefined
    const services = [...(seen?.values() ?? [])].flat()
    for (const node of topology.nodes) {
      try {
        cleanNode(node, services)
        told.delete(node.name)
      } catch (error) {
        timer ??= setTimeout(clean, retry).unref()
        const message = `${node.name}: ${explained(error)}`
        const next = 'UDP flows to endpoints that are gone stay for now, and it is tried again each second'
        if (told.get(node.name) !== message) onError(new Error(`${message}: ${next}`, { cause: error }))
        told.set(node.name, message)
      }
    }
  }
  return {
    name: 'UDP flows',
    sync(snapshot) {
      const resolved = resolvedServices(snapshot)
      const changes = seen === undefined ? [] : seen.changes(resolved)
      seen = resolved
      if (!changes.some(({ before = [], after = [] }) => [...before, ...after].some(isUDP))) return
      timer ??= setImmediate(clean)
    },
  }
}

function familyOf({ original }: Flow): IPFamily {
  return original.destination.includes(':') ? 'IPv6' : 'IPv4'
}

function isUDP({ name }: ServicePortInfo): boolean {
  return name.protocol === 'UDP'
}
