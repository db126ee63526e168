import { mkdirSync, writeFileSync } from 'node:fs'
import { resolvConf } from '../../dns/resolv-conf.ts'
import type { Fabric } from '../../host/fabric.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { cidrAddress, formatIP } from '../../lib/ip.ts'
import type { ClusterConfig } from '../../model/cluster-config.ts'
import type { ClusterOptions } from '../options.ts'
import type { PodNetwork } from './network.ts'
import { nameServers, type Topology } from '../topology.ts'

/** Where a program of the user runs: the namespace by its descriptor in the engine, and what stands for resolv.conf. */
export interface ClientPlace {
  readonly netns: number
  readonly resolvConf: string
  readonly hosts?: string
}

export interface Client {
  readonly place: ClientPlace
  close(): void
}

export interface Clients {
  /** `from`: undefined for a client of its own, `outside`, `node/NAME`, `pod/[NAMESPACE/]NAME`. Throws an Error that says what is wrong. */
  open(from: string | undefined): Client
}

export interface ClientsOptions {
  readonly options: ClusterOptions
  readonly config: ClusterConfig
  readonly topology: Topology
  readonly fabric: Fabric
  readonly nodes: ReadonlyMap<string, NetworkNamespace>
  readonly podNetwork: PodNetwork
}

/** The first addresses outside are the router's and free for what may come. */
const FIRST_OUTSIDE = 10
const LAST_OUTSIDE = 254

export function createClients(parts: ClientsOptions): Clients {
  const { options, config, topology, fabric, nodes, podNetwork } = parts
  const directory = `${options.stateDirectory}/etc`
  const outside = new Set<number>()
  const inside = (): string =>
    writeIn(directory, 'client.resolv.conf', resolvConf('default', config, nameServers(topology)))
  const nothing = (): void => undefined

  function openOutside(): Client {
    let number = FIRST_OUTSIDE
    while (outside.has(number)) number++
    if (number > LAST_OUTSIDE) throw new Error('all addresses for clients outside are in use')
    outside.add(number)
    const namespace = fabric.addOutside(
      topology.families.map(({ outsideCIDR }) => formatIP(cidrAddress(outsideCIDR, number))),
    )
    const close = (): void => {
      fabric.remove(namespace)
      outside.delete(number)
    }
    const servers = topology.families.map(({ outsideGateway }) => `nameserver ${outsideGateway}\n`)
    const resolv = writeIn(directory, 'outside.resolv.conf', servers.join(''))
    return { place: { netns: namespace.fd, resolvConf: resolv }, close }
  }

  function openNode(name: string): Client {
    const namespace = nodes.get(name)
    if (namespace === undefined)
      throw new Error(`there is no node ${JSON.stringify(name)}: there are ${[...nodes.keys()].join(', ')}`)
    return { place: { netns: namespace.fd, resolvConf: inside() }, close: nothing }
  }

  function openPod(text: string): Client {
    const [namespace, name] = text.includes('/') ? text.split('/', 2) : ['default', text]
    const sandbox = podNetwork.sandboxOf(namespace ?? '', name ?? '')
    if (sandbox?.netns === undefined)
      throw new Error(`there is no running Pod ${JSON.stringify(`${namespace}/${name}`)}`)
    const { resolvConf: resolv = inside(), hosts } = sandbox
    return { place: { netns: sandbox.netns.fd, resolvConf: resolv, ...(hosts && { hosts }) }, close: nothing }
  }

  function openOwn(): Client {
    const node = topology.nodes[0]?.name ?? ''
    const leaf = podNetwork.addClient(node)
    const { namespace } = leaf
    const close = (): void => podNetwork.removeClient(node, leaf)
    return { place: { netns: namespace.fd, resolvConf: inside() }, close }
  }

  return {
    open(from) {
      if (from === undefined) return openOwn()
      if (from === 'outside') return openOutside()
      if (from.startsWith('node/')) return openNode(from.slice(5))
      if (from.startsWith('pod/')) return openPod(from.slice(4))
      throw new Error(`--from ${JSON.stringify(from)}: say outside, node/NAME or pod/NAME`)
    },
  }
}

/** The path of the file. */
function writeIn(directory: string, name: string, text: string): string {
  mkdirSync(directory, { recursive: true })
  const path = `${directory}/${name}`
  writeFileSync(path, text)
  return path
}
