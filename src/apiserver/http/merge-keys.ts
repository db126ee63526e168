/** How lists and objects are merged by strategic merge patch and by server-side apply: the marks of Kubernetes' types. */

export interface MergeRule {
  /** `merge` by the key, or for a list of texts by the text itself; `retainKeys`: the patch names the fields that stay. */
  readonly strategy: 'merge' | 'retainKeys' | 'merge,retainKeys'
  readonly mergeKey?: string
  /** Keys of the entries for server-side apply, where they are more than the merge key. */
  readonly mapKeys?: readonly string[]
}

const by = (mergeKey: string, ...mapKeys: readonly string[]): MergeRule => ({
  strategy: 'merge',
  mergeKey,
  ...(mapKeys.length > 0 && { mapKeys }),
})
const set: MergeRule = { strategy: 'merge' }

/** By type and field of the field table. A list that is not here is replaced as a whole. */
export const MERGE_RULES: Readonly<Record<string, MergeRule>> = {
  'ObjectMeta.ownerReferences': by('uid'),
  'ObjectMeta.finalizers': set,
  'ServiceSpec.ports': by('port', 'port', 'protocol'),
  'ServiceStatus.conditions': by('type'),
  'PodSpec.containers': by('name'),
  'PodSpec.initContainers': by('name'),
  'PodSpec.ephemeralContainers': by('name'),
  'PodSpec.volumes': { strategy: 'merge,retainKeys', mergeKey: 'name' },
  'PodSpec.imagePullSecrets': by('name'),
  'PodSpec.hostAliases': by('ip'),
  'PodSpec.topologySpreadConstraints': by('topologyKey', 'topologyKey', 'whenUnsatisfiable'),
  'PodSpec.schedulingGates': by('name'),
  'PodSpec.resourceClaims': { strategy: 'merge,retainKeys', mergeKey: 'name' },
  'PodStatus.conditions': by('type'),
  'PodStatus.podIPs': by('ip'),
  'PodStatus.hostIPs': by('ip'),
  'Container.ports': by('containerPort', 'containerPort', 'protocol'),
  'Container.env': by('name'),
  'Container.volumeMounts': by('mountPath'),
  'Container.volumeDevices': by('devicePath'),
  'EphemeralContainer.ports': by('containerPort', 'containerPort', 'protocol'),
  'EphemeralContainer.env': by('name'),
  'EphemeralContainer.volumeMounts': by('mountPath'),
  'DeploymentSpec.strategy': { strategy: 'retainKeys' },
  'DeploymentStatus.conditions': by('type'),
  'ReplicaSetStatus.conditions': by('type'),
  'StatefulSetStatus.conditions': by('type'),
  'DaemonSetStatus.conditions': by('type'),
  'JobStatus.conditions': by('type'),
  'ServiceCIDRStatus.conditions': by('type'),
  'ServiceAccount.secrets': by('name'),
  'NamespaceStatus.conditions': by('type'),
  'NodeSpec.podCIDRs': set,
  'NodeStatus.addresses': by('type'),
  'NodeStatus.conditions': by('type'),
}

export function mergeRule(type: string, field: string): MergeRule | undefined {
  return MERGE_RULES[`${type}.${field}`]
}
