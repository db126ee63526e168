/** Kinds that are kept and shown, and that hardly anything acts on: what charts bring along besides their workloads. */
import type { ObjectMeta } from './meta.ts'
import type { PodDisruptionBudget } from './policy.ts'
import type {
  AutoscalerFields,
  BindingFields,
  ClassFields,
  IngressFields,
  PolicyFields,
  PriorityFields,
  QuotaFields,
  WebhookFields,
} from './stored-fields.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from './storage.ts'

/** In the order in which their objects are created. */
export const STORED_KINDS = {
  PriorityClass: { apiVersion: 'scheduling.k8s.io/v1', plural: 'priorityclasses', namespaced: false },
  ResourceQuota: { apiVersion: 'v1', plural: 'resourcequotas', namespaced: true },
  LimitRange: { apiVersion: 'v1', plural: 'limitranges', namespaced: true },
  StorageClass: { apiVersion: 'storage.k8s.io/v1', plural: 'storageclasses', namespaced: false },
  PersistentVolume: { apiVersion: 'v1', plural: 'persistentvolumes', namespaced: false },
  PersistentVolumeClaim: { apiVersion: 'v1', plural: 'persistentvolumeclaims', namespaced: true },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings', namespaced: false },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles', namespaced: true },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings', namespaced: true },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies', namespaced: true },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets', namespaced: true },
  IngressClass: { apiVersion: 'networking.k8s.io/v1', plural: 'ingressclasses', namespaced: false },
  Ingress: { apiVersion: 'networking.k8s.io/v1', plural: 'ingresses', namespaced: true },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers', namespaced: true },
  MutatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'mutatingwebhookconfigurations',
    namespaced: false,
  },
  ValidatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'validatingwebhookconfigurations',
    namespaced: false,
  },
} as const

export type StoredKind = keyof typeof STORED_KINDS

/** Its fields have the types that Kubernetes gives them. */
export interface StoredObject<K extends StoredKind = StoredKind> {
  readonly apiVersion: string
  readonly kind: K
  readonly metadata: ObjectMeta
  readonly spec?: object
  readonly status?: object
}

export type StoredKinds = { [K in Exclude<StoredKind, keyof ReadKinds>]: StoredObject<K> } & ReadKinds

/** Those of whose fields something is made here, or shown. */
interface ReadKinds {
  PriorityClass: StoredObject<'PriorityClass'> & PriorityFields
  ResourceQuota: StoredObject<'ResourceQuota'> & QuotaFields
  ClusterRoleBinding: StoredObject<'ClusterRoleBinding'> & BindingFields
  RoleBinding: StoredObject<'RoleBinding'> & BindingFields
  NetworkPolicy: StoredObject<'NetworkPolicy'> & PolicyFields
  IngressClass: StoredObject<'IngressClass'> & ClassFields
  Ingress: StoredObject<'Ingress'> & IngressFields
  HorizontalPodAutoscaler: StoredObject<'HorizontalPodAutoscaler'> & AutoscalerFields
  MutatingWebhookConfiguration: StoredObject<'MutatingWebhookConfiguration'> & WebhookFields
  ValidatingWebhookConfiguration: StoredObject<'ValidatingWebhookConfiguration'> & WebhookFields
  StorageClass: StorageClass
  PersistentVolume: PersistentVolume
  PersistentVolumeClaim: PersistentVolumeClaim
  PodDisruptionBudget: PodDisruptionBudget
}
