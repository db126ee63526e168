/** What the kinds that are kept and shown are called. */
import type { StoredKind } from '../../api/stored-kinds.ts'
import type { ResourceNames } from './resource-names.ts'

const named = (singular: string, shortNames: readonly string[] = [], ...subresources: string[]): ResourceNames => ({
  singular,
  shortNames,
  categories: [],
  subresources,
})

export const STORED_NAMES: Readonly<Record<StoredKind, ResourceNames>> = {
  PriorityClass: named('priorityclass', ['pc']),
  ResourceQuota: named('resourcequota', ['quota'], 'status'),
  LimitRange: named('limitrange', ['limits']),
  StorageClass: named('storageclass', ['sc']),
  PersistentVolume: named('persistentvolume', ['pv'], 'status'),
  PersistentVolumeClaim: named('persistentvolumeclaim', ['pvc'], 'status'),
  ClusterRole: named('clusterrole'),
  ClusterRoleBinding: named('clusterrolebinding'),
  Role: named('role'),
  RoleBinding: named('rolebinding'),
  NetworkPolicy: named('networkpolicy', ['netpol']),
  PodDisruptionBudget: named('poddisruptionbudget', ['pdb'], 'status'),
  IngressClass: named('ingressclass'),
  Ingress: named('ingress', ['ing'], 'status'),
  HorizontalPodAutoscaler: { ...named('horizontalpodautoscaler', ['hpa'], 'status'), categories: ['all'] },
  MutatingWebhookConfiguration: named('mutatingwebhookconfiguration'),
  ValidatingWebhookConfiguration: named('validatingwebhookconfiguration'),
}
