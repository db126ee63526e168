import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Pod } from '../api/core.ts'
import { resolvConf } from '../dns/resolv-conf.ts'
import type { Fabric } from '../host/fabric.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import type { PodSandbox } from '../kubelet/container-runtime.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { objectKey } from '../model/snapshot.ts'
import { podHostname } from '../model/container-env.ts'
import { createAddressPool, type AddressPool } from './address-pool.ts'
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
  /** Folder for the files that Pods see as /etc/hosts and /etc/resolv.conf. */
  readonly directory: string
}

interface NodeState {
  readonly plan: NodePlan
  readonly pool: AddressPool
}

export function createPodNetwork(options: PodNetworkOptions): PodNetwork {
  const nodes = new Map<string, NodeState>(
    options.topology.nodes.map((plan) => [plan.name, { plan, pool: createAddressPool(plan.podCIDR) }]),
  )
  const nodeState = (name: string): NodeState => {
    const node = nodes.get(name)
    if (node === undefined) throw new Error(`the network has no node ${JSON.stringify(name)}`)
    return node
  }
  const takeAddress = (node: NodeState): string => {
    const address = node.pool.take()
    if (address === undefined) throw new Error(`the Pod range of ${node.plan.name} is used up: start with more --nodes`)
    return address
  }
  const addLeaf = (nodeName: string): { readonly address: string; readonly namespace: NetworkNamespace } => {
    const address = takeAddress(nodeState(nodeName))
    return { address, namespace: options.fabric.addPod(nodeName, address) }
  }
  const removeLeaf = (nodeName: string, address: string, namespace: NetworkNamespace): void => {
    options.fabric.remove(namespace)
    nodeState(nodeName).pool.give(address)
  }

  const sandboxes = new Map<string, PodSandbox>()
  const resolvConfs = new Map<string, string>()
  /** One file for all Pods of a namespace. */
  const resolvConfOf = (namespace: string): string => {
    const known = resolvConfs.get(namespace)
    if (known !== undefined) return known
    const path = `${options.directory}/${namespace}.resolv.conf`
    writeFileSync(path, resolvConf(namespace, options.config, options.topology.dnsServiceIP))
    resolvConfs.set(namespace, path)
    return path
  }
  mkdirSync(options.directory, { recursive: true })
  return {
    sandboxOf: (namespace, name) => sandboxes.get(`${namespace}/${name}`),
    addClient: addLeaf,
    removeClient: removeLeaf,
    async runPodSandbox(pod) {
      const node = nodeState(pod.spec.nodeName ?? '')
      const hostNetwork = pod.spec.hostNetwork === true
      const own = hostNetwork ? undefined : addLeaf(node.plan.name)
      const podIP = own?.address ?? node.plan.address
      const netns = own?.namespace ?? options.nodes.get(node.plan.name)
      const sandbox = {
        podIP,
        hostIP: node.plan.address,
        hostname: podHostname(pod),
        resolvConf: resolvConfOf(pod.metadata.namespace ?? 'default'),
        hosts: writeHosts(options, pod, podIP),
        ...(netns === undefined ? {} : { netns }),
      }
      sandboxes.set(objectKey(pod), sandbox)
      return sandbox
    },
    async removePodSandbox(pod, sandbox) {
      if (sandboxes.get(objectKey(pod)) === sandbox) sandboxes.delete(objectKey(pod))
      rmSync(hostsFile(options, pod), { force: true })
      if (sandbox.netns === undefined || pod.spec.hostNetwork === true) return
      removeLeaf(pod.spec.nodeName ?? '', sandbox.podIP, sandbox.netns)
    },
  }
}

function hostsFile(options: PodNetworkOptions, pod: Pod): string {
  return `${options.directory}/${pod.metadata.uid ?? `${pod.metadata.namespace}-${pod.metadata.name}`}.hosts`
}

function writeHosts(options: PodNetworkOptions, pod: Pod, podIP: string): string {
  const namespace = pod.metadata.namespace ?? 'default'
  const hostname = podHostname(pod)
  const { subdomain } = pod.spec
  const domain = `${namespace}.svc.${options.config.clusterDomain}`
  const full = subdomain === undefined ? '' : `${hostname}.${subdomain}.${domain}\t`
  const path = hostsFile(options, pod)
  writeFileSync(path, `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${podIP}\t${full}${hostname}\n`)
  return path
}
