import type { Snapshot } from '../../model/snapshot.ts'
import type { Consumer } from '../control-loop.ts'
import type { NodeServers, NodeServersOptions } from './node-servers.ts'
import { laterWork, type LaterWork } from './node-work.ts'

/** What the nodes' proxies say of themselves. It follows the service proxy. */
export interface NodeReports extends Consumer {
  readonly works: ReadonlyMap<string, LaterWork>
  isHealthy(node: string): boolean
  /** From now on the nodes have kube-proxy's ports: loaded only then, so that no start waits for it. */
  open(snapshot: () => Snapshot): Promise<void>
}

export function createNodeReports(parts: Pick<NodeServersOptions, 'topology' | 'nodes' | 'onError'>): NodeReports {
  const works = new Map(parts.topology.nodes.map(({ name }) => [name, laterWork()]))
  let servers: NodeServers | undefined
  return {
    name: 'node reports',
    works,
    isHealthy: (node) => servers?.isHealthy(node) ?? true,
    sync: (snapshot) => servers?.sync(snapshot),
    async open(snapshot) {
      const { openNodeServers } = await import('./node-servers.ts')
      servers = openNodeServers({ ...parts, works, snapshot })
      servers.sync(snapshot())
    },
  }
}
