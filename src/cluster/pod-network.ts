import { mkdirSync, writeFileSync } from 'node:fs'
import type { Pod } from '../api/core.ts'
import { resolvConf } from '../dns/resolv-conf.ts'
import type { Fabric } from '../host/fabric.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import type { PodSandbox } from '../kubelet/container-runtime.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { objectKey } from '../model/snapshot.ts'
import { createAddressPool, type AddressPool } from './address-pool.ts'
import type { PodEvents } from './pod-events.ts'
import { removePodFiles, writePodFiles } from './pod-files.ts'
import type { NodePlan, Topology } from './topology.ts'

/** Gives Pods, and clients that look like Pods, their addresses, namespaces and files. */
export interface PodNetwork {
  runPodSandbox(pod: Pod): Promise<PodSandbox>
  removePodSandbox(pod: Pod, sandbox: PodSandbox): Promise<void>
  /** Of a Pod that runs. */
  sandboxOf(namespace: string, name: string): PodSandbox | undefined
  /** A namespace with a Pod address of the node, for a program of the user. */
  addClient(nodeName: string): { readonly address: string; readonly namespace: NetworkNamespace }
  removeClient(nodeName: string, address: string, namespace: NetworkNamespace): void
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
  readonly formerAddresses: ReadonlyMap<string, FormerAddress>
}

export interface FormerAddress {
  readonly nodeName: string
  readonly address: string
}

interface NodeState {
  readonly plan: NodePlan
  readonly pool: AddressPool
}

export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  const leaves = createLeaves(options)
  const resolvConfOf = createResolvConfs(options)
  const sandboxes = new Map<string, PodSandbox>()
  const { config, topology } = options
  const dnsConfig = {
    clusterDomain: config.clusterDomain,
    clusterServers: [topology.dnsServiceIP],
    nodeServers: [topology.outsideGateway],
  }
  return {
    sandboxOf: (namespace, name) => sandboxes.get(`${namespace}/${name}`),
    addClient: (nodeName) => leaves.add(nodeName),
    removeClient: leaves.remove,
    async runPodSandbox(pod) {
      const node = leaves.plan(pod.spec.nodeName ?? '')
      const resolvConf = resolvConfOf(pod.metadata.namespace ?? 'default')
      const own = pod.spec.hostNetwork === true ? undefined : leaves.add(node.name, pod.metadata.uid)
      const podIP = own?.address ?? node.address
      const netns = own?.namespace ?? options.nodes.get(node.name)
      try {
        const { problems, ...files } = writePodFiles(options.directory, pod, [podIP], dnsConfig, resolvConf)
        for (const message of problems) {
          options.recordEvent(pod, { type: 'Warning', reason: 'DNSConfigForming', message })
        }
        const sandbox = { podIP, hostIP: node.address, ...files, ...(netns === undefined ? {} : { netns }) }
        sandboxes.set(objectKey(pod), sandbox)
        return sandbox
      } catch (error) {
        if (own !== undefined) leaves.remove(node.name, own.address, own.namespace)
        throw error
      }
    },
    async removePodSandbox(pod, sandbox) {
      if (sandboxes.get(objectKey(pod)) === sandbox) sandboxes.delete(objectKey(pod))
      removePodFiles(options.directory, pod)
      if (sandbox.netns === undefined || pod.spec.hostNetwork === true) return
      leaves.remove(pod.spec.nodeName ?? '', sandbox.podIP, sandbox.netns)
    },
  }
}

/** Addresses of the nodes' Pod ranges, each in a namespace of its own. */
interface Leaves {
  plan(nodeName: string): NodePlan
  /** `uid`: of a Pod, which keeps the address that it had. */
  add(nodeName: string, uid?: string): { readonly address: string; readonly namespace: NetworkNamespace }
  remove(nodeName: string, address: string, namespace: NetworkNamespace): void
}

function createLeaves({ topology, fabric, formerAddresses }: PodNetworkOptions): Leaves {
  const nodes = new Map<string, NodeState>(
    topology.nodes.map((plan) => [plan.name, { plan, pool: createAddressPool(plan.podCIDR) }]),
  )
  const nodeState = (name: string): NodeState => {
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`the network has no node ${JSON.stringify(name)}`)
    return node
  }
  const former = new Map(
    [...formerAddresses].filter(([, { nodeName, address }]) => nodes.get(nodeName)?.pool.reserve(address) === true),
  )
  const takeAddress = (nodeName: string, uid: string): string | undefined => {
    const had = former.get(uid)
    former.delete(uid)
    return had?.address ?? nodeState(nodeName).pool.take()
  }
  return {
    plan: (nodeName) => nodeState(nodeName).plan,
    add(nodeName, uid = '') {
      const address = takeAddress(nodeName, uid)
      if (address === undefined) throw new Error(`the Pod range of ${nodeName} is used up: start with more --nodes`)
      try {
        return { address, namespace: fabric.addPod(nodeName, address) }
      } catch (error) {
        nodeState(nodeName).pool.give(address)
        throw error
      }
    },
    remove(nodeName, address, namespace) {
      fabric.remove(namespace)
      nodeState(nodeName).pool.give(address)
    },
  }
}

/** One file for all Pods of a namespace. */
function createResolvConfs({ directory, config, topology }: PodNetworkOptions): (namespace: string) => string {
  const paths = new Map<string, string>()
  mkdirSync(directory, { recursive: true })
  return (namespace) => {
    const known = paths.get(namespace)
    if (known !== undefined) return known
    const path = `${directory}/${namespace}.resolv.conf`
    writeFileSync(path, resolvConf(namespace, config, topology.dnsServiceIP))
    paths.set(namespace, path)
    return path
  }
}
