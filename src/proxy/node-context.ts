/** What a node's proxy must know of the node. Addresses and ranges as text, one family. */
export interface NodeContext {
  readonly name: string
  readonly zone?: string
  /** Where nodePorts answer. */
  readonly addresses: readonly string[]
  /** Sources inside it are Pods of the network: the ClusterCIDR mode of kube-proxy's detect-local. */
  readonly podCIDR: string
  readonly serviceCIDR: string
}
