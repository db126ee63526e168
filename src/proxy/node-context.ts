import type { IPFamily } from '../api/core.ts'

/** What a node's proxy must know of the node for one IP family. Addresses and ranges as text, of that family. */
export interface NodeContext {
  readonly name: string
  readonly family: IPFamily
  readonly zone?: string
  /** Where nodePorts answer. */
  readonly addresses: readonly string[]
  /**
   * Sources inside it are Pods: the ClusterCIDR mode of kube-proxy's detect-local. Undefined: nobody is known as a Pod,
   * so that no source of a ClusterIP is hidden and nobody takes the short way past externalTrafficPolicy Local.
   */
  readonly podCIDR: string | undefined
  /** Addresses in them that no Service has are dropped. */
  readonly serviceCIDRs: readonly string[]
}
