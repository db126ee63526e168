import type { IPFamily } from '../api/core.ts'

/**
 * How a packet is known to come from a Pod of this node, as kube-proxy's detect-local has it: by a range of sources
 * (ClusterCIDR, NodeCIDR), or by the interface that it comes in on, whose name may end in `*` (BridgeInterface,
 * InterfaceNamePrefix). By name: an interface that goes and comes again has another number.
 */
export type LocalPods =
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'interface'; readonly name: string }

/** What a node's proxy must know of the node for one IP family. Addresses and ranges as text, of that family. */
export interface NodeContext {
  readonly name: string
  readonly family: IPFamily
  readonly zone?: string
  /** Where nodePorts answer. */
  readonly addresses: readonly string[]
  /**
   * Undefined: nobody is known as a Pod, so that no source of a ClusterIP is hidden and nobody takes the short way past
   * externalTrafficPolicy Local.
   */
  readonly localPods: LocalPods | undefined
  /** The source of whatever comes to a ClusterIP is hidden, also that of Pods. */
  readonly masqueradeAll?: boolean
  /** Addresses in them that no Service has are dropped. */
  readonly serviceCIDRs: readonly string[]
}
