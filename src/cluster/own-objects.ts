import type { Node } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import { SYSTEM_PRIORITY_CLASSES } from '../api/priority-classes.ts'
import { DEFAULT_STORAGE_CLASS, PROVISIONER, type StorageClass } from '../api/storage.ts'
import { ownRange } from '../controllers/service-cidrs.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import { apiServerObjects } from './api-server.ts'
import { dnsObjects } from './dns/cluster-dns.ts'
import { nodeLease, nodeObject, type Topology } from './topology.ts'

/** Claims that name no class get this one. */
const DEFAULT_CLASS: StorageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: DEFAULT_STORAGE_CLASS,
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: PROVISIONER,
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
}

/** What every network of these options holds before any manifest: its nodes, cluster DNS and the API server. */
export function ownObjects(topology: Topology, config: ClusterConfig): readonly AnyObject[] {
  return [
    ...topology.nodes.flatMap((node) => [nodeObject(node), nodeLease(node)]),
    ...dnsObjects(topology),
    ...apiServerObjects(topology, config),
    ownRange(config),
    DEFAULT_CLASS,
    ...SYSTEM_PRIORITY_CLASSES,
  ]
}

/** A Node as a manifest has it; what is wrong with it is found by its validation. */
export function isNode(value: unknown): value is Node {
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'Node') return false
  const metadata = 'metadata' in value ? value.metadata : undefined
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata && typeof metadata.name === 'string'
}

/** A manifest's Node is one that the network made: labels and taints are the manifest's, addresses the network's. */
export function adoptNode(node: Node, snapshot: Snapshot): Node {
  const made = get(snapshot, 'Node', node.metadata.name)
  if (made === undefined) return node
  const { podCIDR, podCIDRs } = made.spec ?? {}
  return {
    ...node,
    metadata: { ...node.metadata, labels: { ...made.metadata.labels, ...node.metadata.labels } },
    spec: { ...node.spec, ...(podCIDR && { podCIDR }), ...(podCIDRs && { podCIDRs }) },
    ...(made.status && { status: made.status }),
  }
}

/** A Node from before a restart: what people wrote on it stays, addresses and status are those of now. */
export function renewNode(stored: Node, made: Node): Node {
  const { podCIDR, podCIDRs } = made.spec ?? {}
  return {
    ...stored,
    metadata: { ...stored.metadata, labels: { ...stored.metadata.labels, ...made.metadata.labels } },
    spec: { ...stored.spec, ...(podCIDR && { podCIDR }), ...(podCIDRs && { podCIDRs }) },
    ...(made.status && { status: made.status }),
  }
}
