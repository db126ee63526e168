/** How kinds that are kept and shown are accepted: by their names and the types of their fields, with a word of what is not done. */
import { cpuMetric } from '../../api/autoscaling-v1.ts'
import type { FieldError } from '../../api/field-error.ts'
import { KINDS, type AnyObject, type Kind } from '../../api/kinds.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from '../../api/meta-validation.ts'
import { validatePriorityClass, validatePriorityClassUpdate } from '../../api/priority-classes.ts'
import { CLAIM_PROTECTION, VOLUME_PROTECTION } from '../../api/storage.ts'
import type { StoredKind, StoredKinds, StoredObject } from '../../api/stored-kinds.ts'
import { dnsSubdomain } from '../../api/syntax.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

const NO_RBAC = 'RBAC is not enforced here: whoever has a kubeconfig of this network may do everything'
const NO_INGRESS = 'there is no Ingress controller here: reach Services by a nodePort or a load balancer'

/** What a client is told who writes one; undefined where it does what it says. */
const NOT_DONE: Readonly<Record<StoredKind, string | undefined>> = {
  PriorityClass: 'no Pod makes way for another one here, whatever its priority',
  ResourceQuota: 'quotas are not enforced here: nothing is counted against them',
  LimitRange: 'limit ranges are not enforced here: no Pod gets a limit or a request from them',
  StorageClass: undefined,
  PersistentVolume: undefined,
  PersistentVolumeClaim: undefined,
  ClusterRole: NO_RBAC,
  ClusterRoleBinding: NO_RBAC,
  Role: NO_RBAC,
  RoleBinding: NO_RBAC,
  NetworkPolicy: 'network policies are NOT ENFORCED here: every Pod reaches every other one',
  PodDisruptionBudget: undefined,
  IngressClass: NO_INGRESS,
  Ingress: NO_INGRESS,
  HorizontalPodAutoscaler: 'no autoscaler runs here: nothing is scaled',
  MutatingWebhookConfiguration: 'webhooks are not called here',
  ValidatingWebhookConfiguration: 'webhooks are not called here',
}

/** Names of RBAC objects are one segment of a path: `system:node` is one. */
function pathSegment(text: string): readonly string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`]
  return [...new Set(/[/%]/g.exec(text) ?? [])].map((character) => `may not contain '${character}'`)
}

const nameRule = (kind: StoredKind): ((text: string) => readonly string[]) =>
  /Role/.test(kind) ? pathSegment : dnsSubdomain

function strategyOf<K extends StoredKind>(kind: K): Strategy<StoredKinds[K]> {
  const notDone = NOT_DONE[kind]
  const validate = (object: AnyObject): readonly FieldError[] => [
    ...validateObjectMeta(object, nameRule(kind), KINDS[kind].namespaced),
    ...(object.kind === 'PriorityClass' ? validatePriorityClass(object) : []),
  ]
  return plainStrategy<AnyObject>({
    setDefaults: DEFAULTS[kind] ?? ((object) => object),
    initial: (object) => ({ ...withoutStatus(withProtection(object)), ...FIRST_STATUS[kind] }) as AnyObject,
    validate,
    validateUpdate: (object, old) => [
      ...validateObjectMetaUpdate(object, old),
      ...validateLabels(object.metadata.labels ?? {}, ['metadata', 'labels']),
      ...(object.kind === 'PriorityClass' && old.kind === 'PriorityClass'
        ? validatePriorityClassUpdate(object, old)
        : []),
    ],
    warnings: () => (notDone === undefined ? [] : [notDone]),
    carryOver: (object, old) => withStatusOf(object as StoredObject, old as StoredObject) as AnyObject,
    createsOnUpdate: false,
  }) as unknown as Strategy<StoredKinds[K]>
}

const DEFAULTS: Partial<Record<StoredKind, (object: AnyObject) => AnyObject>> = {
  PriorityClass: (object) => ({ value: 0, preemptionPolicy: 'PreemptLowerPriority', ...object }),
  PersistentVolumeClaim: (object) => withSpec(object, { volumeMode: 'Filesystem' }),
  PersistentVolume: (object) => withSpec(object, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' }),
  NetworkPolicy: (object) => withSpec(object, { policyTypes: policyTypesOf(object) }),
  StorageClass: (object) => ({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...object }),
  HorizontalPodAutoscaler: withMetrics,
}

/** The status of a new object, whatever its writer says. */
const FIRST_STATUS: Partial<Record<StoredKind, { readonly status: object }>> = {
  Ingress: { status: { loadBalancer: {} } },
  PersistentVolume: { status: { phase: 'Pending' } },
  PersistentVolumeClaim: { status: { phase: 'Pending' } },
}

/** What is in use does not go: Kubernetes' admission plugin StorageObjectInUseProtection. */
const PROTECTION: Partial<Record<Kind, string>> = {
  PersistentVolumeClaim: CLAIM_PROTECTION,
  PersistentVolume: VOLUME_PROTECTION,
}

function withProtection(object: AnyObject): AnyObject {
  const finalizer = PROTECTION[object.kind]
  const { finalizers = [] } = object.metadata
  if (finalizer === undefined || finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

function withoutStatus(object: AnyObject): object {
  const { status: _, ...rest } = object as StoredObject
  return rest
}

/** Of the CPU that Pods request, where no metric is given. */
const DEFAULT_PERCENTAGE = 80

function withMetrics(object: AnyObject): AnyObject {
  const { metrics = [] } = object.kind === 'HorizontalPodAutoscaler' ? (object.spec ?? {}) : {}
  const complete = withSpec(object, { minReplicas: 1 })
  if (metrics.length > 0 || !('spec' in complete)) return complete
  return { ...complete, spec: { ...complete.spec, metrics: [cpuMetric(DEFAULT_PERCENTAGE)] } } as AnyObject
}

/** Egress is meant where rules for it are given; Ingress always. */
function policyTypesOf(object: AnyObject): readonly string[] {
  const spec = 'spec' in object ? object.spec : undefined
  return spec !== undefined && 'egress' in spec ? ['Ingress', 'Egress'] : ['Ingress']
}

function withSpec(object: AnyObject, defaults: object): AnyObject {
  const spec = 'spec' in object ? object.spec : undefined
  return { ...object, spec: { ...defaults, ...spec } } as AnyObject
}

export const storedResources: { readonly [K in StoredKind]: Strategy<StoredKinds[K]> } = {
  PriorityClass: strategyOf('PriorityClass'),
  ResourceQuota: strategyOf('ResourceQuota'),
  LimitRange: strategyOf('LimitRange'),
  StorageClass: strategyOf('StorageClass'),
  PersistentVolume: strategyOf('PersistentVolume'),
  PersistentVolumeClaim: strategyOf('PersistentVolumeClaim'),
  ClusterRole: strategyOf('ClusterRole'),
  ClusterRoleBinding: strategyOf('ClusterRoleBinding'),
  Role: strategyOf('Role'),
  RoleBinding: strategyOf('RoleBinding'),
  NetworkPolicy: strategyOf('NetworkPolicy'),
  PodDisruptionBudget: strategyOf('PodDisruptionBudget'),
  IngressClass: strategyOf('IngressClass'),
  Ingress: strategyOf('Ingress'),
  HorizontalPodAutoscaler: strategyOf('HorizontalPodAutoscaler'),
  MutatingWebhookConfiguration: strategyOf('MutatingWebhookConfiguration'),
  ValidatingWebhookConfiguration: strategyOf('ValidatingWebhookConfiguration'),
}
