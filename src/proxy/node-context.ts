import type { IPFamily } from '../api/core.ts'

/** What a node's proxy must know of the node for one IP family. Addresses and ranges as text, of that family. */
export interface NodeContext {
  readonly name: string
  readonly family: IPFamily
  readonly zone?: string
  /** Where nodePorts answer. */
  readonly addresses: readonly string[]
  /** Sources inside it are Pods of the network: the ClusterCIDR mode of kube-proxy's detect-local. */
  readonly podCIDR: string
  readonly serviceCIDR: string
}
