import { mkdirSync, writeFileSync } from 'node:fs'
import type { Pod } from '../../api/core.ts'
import { resolvConf } from '../../dns/resolv-conf.ts'
import type { Fabric } from '../../host/fabric.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { PodSandbox } from '../../kubelet/container-runtime.ts'
import type { ClusterConfig } from '../../model/cluster-config.ts'
import { objectKey } from '../../model/snapshot.ts'
import { createAddressPool, type AddressPool } from './address-pool.ts'
import type { PodEvents } from './events.ts'
import { removePodFiles, writePodFiles } from './files.ts'
import { nameServers, type NodePlan, type Topology } from '../topology.ts'

/** Gives Pods, and clients that look like Pods, their addresses, namespaces and files. */
export interface PodNetwork {
  runPodSandbox(pod: Pod): Promise<PodSandbox>
  removePodSandbox(pod: Pod, sandbox: PodSandbox): Promise<void>
  /** Of a Pod that runs. */
  sandboxOf(namespace: string, name: string): PodSandbox | undefined
  /** A namespace with Pod addresses of the node, for a program of the user. */
  addClient(nodeName: string): Leaf
  removeClient(nodeName: string, leaf: Leaf): void
}

export interface PodNetworkOptions {
  readonly fabric: Fabric
  readonly topology: Topology
  readonly config: ClusterConfig
  readonly nodes: ReadonlyMap<string, NetworkNamespace>
  readonly recordEvent: PodEvents['record']
  /** Folder for the files that Pods see as /etc/hosts and /etc/resolv.conf. */
  readonly directory: string
  /** By the Pod's uid: the addresses that Pods had before the network was started again. */
  readonly formerAddresses: ReadonlyMap<string, FormerAddresses>
}

export interface FormerAddresses {
  readonly nodeName: string
  /** One of each IP family. */
  readonly addresses: readonly string[]
}

/** Pod addresses, one of each IP family, the primary one first, and the namespace that has them. */
export interface Leaf {
  readonly addresses: readonly string[]
  readonly namespace: NetworkNamespace
}

interface NodeState {
  readonly plan: NodePlan
  /** Of each IP family. */
  readonly pools: readonly AddressPool[]
}

export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  const leaves = createLeaves(options)
  const resolvConfOf = createResolvConfs(options)
  const sandboxes = new Map<string, PodSandbox>()
  const { config, topology } = options
  const dnsConfig = {
    clusterDomain: config.clusterDomain,
    clusterServers: nameServers(topology),
    nodeServers: topology.families.map(({ outsideGateway }) => outsideGateway),
  }
  return {
    sandboxOf: (namespace, name) => sandboxes.get(`${namespace}/${name}`),
    addClient: (nodeName) => leaves.add(nodeName),
    removeClient: leaves.remove,
    async runPodSandbox(pod) {
      const node = leaves.plan(pod.spec.nodeName ?? '')
      const resolvConf = resolvConfOf(pod.metadata.namespace ?? 'default')
      const own = pod.spec.hostNetwork === true ? undefined : leaves.add(node.name, pod.metadata.uid)
      const hostIPs = node.families.map(({ address }) => address)
      const podIPs = own?.addresses ?? hostIPs
      const netns = own?.namespace ?? options.nodes.get(node.name)
      try {
        const { problems, ...files } = writePodFiles(options.directory, pod, podIPs, dnsConfig, resolvConf)
        for (const message of problems) {
          options.recordEvent(pod, { type: 'Warning', reason: 'DNSConfigForming', message })
        }
        const addresses = { podIP: podIPs[0] ?? '', podIPs, hostIP: node.address, hostIPs }
        const sandbox = { ...addresses, ...files, ...(netns === undefined ? {} : { netns }) }
        sandboxes.set(objectKey(pod), sandbox)
        return sandbox
      } catch (error) {
        if (own !== undefined) leaves.remove(node.name, own)
        throw error
      }
    },
    async removePodSandbox(pod, sandbox) {
      if (sandboxes.get(objectKey(pod)) === sandbox) sandboxes.delete(objectKey(pod))
      removePodFiles(options.directory, pod)
      if (sandbox.netns === undefined || pod.spec.hostNetwork === true) return
      leaves.remove(pod.spec.nodeName ?? '', { addresses: sandbox.podIPs ?? [], namespace: sandbox.netns })
    },
  }
}

/** Addresses of the nodes' Pod ranges, each in a namespace of its own. */
interface Leaves {
  plan(nodeName: string): NodePlan
  /** `uid`: of a Pod, which keeps the addresses that it had. */
  add(nodeName: string, uid?: string): Leaf
  remove(nodeName: string, leaf: Leaf): void
}

function createLeaves({ topology, fabric, formerAddresses }: PodNetworkOptions): Leaves {
  const nodes = new Map<string, NodeState>(
    topology.nodes.map((plan) => [
      plan.name,
      { plan, pools: plan.families.map(({ podCIDR }) => createAddressPool(podCIDR)) },
    ]),
  )
  const nodeState = (name: string): NodeState => {
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`the network has no node ${JSON.stringify(name)}`)
    return node
  }
  const former = new Map(
    [...formerAddresses].filter(([, { nodeName, addresses }]) =>
      reserveAll(nodes.get(nodeName)?.pools ?? [], addresses),
    ),
  )
  const takeAddresses = (nodeName: string, uid: string): readonly string[] => {
    const had = former.get(uid)
    former.delete(uid)
    return had?.addresses ?? nodeState(nodeName).pools.flatMap((pool) => pool.take() ?? [])
  }
  return {
    plan: (nodeName) => nodeState(nodeName).plan,
    add(nodeName, uid = '') {
      const addresses = takeAddresses(nodeName, uid)
      const { pools } = nodeState(nodeName)
      try {
        if (addresses.length < pools.length)
          throw new Error(`the Pod range of ${nodeName} is used up: start with more --nodes`)
        return { addresses, namespace: fabric.addPod(nodeName, addresses) }
      } catch (error) {
        giveBack(pools, addresses)
        throw error
      }
    },
    remove(nodeName, { addresses, namespace }) {
      fabric.remove(namespace)
      giveBack(nodeState(nodeName).pools, addresses)
    },
  }
}

/** Whether all of them are had: where one is not, none is. */
function reserveAll(pools: readonly AddressPool[], addresses: readonly string[]): boolean {
  if (pools.length === 0 || addresses.length !== pools.length) return false
  const missing = pools.findIndex((pool, i) => !pool.reserve(addresses[i] ?? ''))
  if (missing >= 0) giveBack(pools.slice(0, missing), addresses.slice(0, missing))
  return missing < 0
}

/** To each pool all of them: it only knows its own. */
function giveBack(pools: readonly AddressPool[], addresses: readonly string[]): void {
  for (const pool of pools) for (const address of addresses) pool.give(address)
}

/** One file for all Pods of a namespace. */
function createResolvConfs({ directory, config, topology }: PodNetworkOptions): (namespace: string) => string {
  const paths = new Map<string, string>()
  mkdirSync(directory, { recursive: true })
  return (namespace) => {
    const known = paths.get(namespace)
    if (known !== undefined) return known
    const path = `${directory}/${namespace}.resolv.conf`
    writeFileSync(path, resolvConf(namespace, config, nameServers(topology)))
    paths.set(namespace, path)
    return path
  }
}
