/** The closed list of kinds that Portolan serves, in the order in which their objects are created. */
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from './apps.ts'
import type { CronJob, Job } from './batch.ts'
import type { Lease } from './coordination.ts'
import type { ConfigMap, Endpoints, Namespace, Node, Pod, Secret, Service, ServiceAccount } from './core.ts'
import type { EndpointSlice } from './discovery.ts'
import type { IPAddress, ServiceCIDR } from './networking.ts'
import { STORED_KINDS, type StoredKinds } from './stored-kinds.ts'

export interface Kinds extends StoredKinds {
  Namespace: Namespace
  Node: Node
  ServiceCIDR: ServiceCIDR
  ServiceAccount: ServiceAccount
  ConfigMap: ConfigMap
  Secret: Secret
  Service: Service
  IPAddress: IPAddress
  Endpoints: Endpoints
  EndpointSlice: EndpointSlice
  Deployment: Deployment
  StatefulSet: StatefulSet
  DaemonSet: DaemonSet
  ControllerRevision: ControllerRevision
  ReplicaSet: ReplicaSet
  CronJob: CronJob
  Job: Job
  Lease: Lease
  Pod: Pod
}

export type Kind = keyof Kinds
export type AnyObject = Kinds[Kind]

export interface KindInfo {
  readonly apiVersion: string
  readonly plural: string
  readonly namespaced: boolean
}

export const KINDS: Readonly<Record<Kind, KindInfo>> = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces', namespaced: false },
  ...STORED_KINDS,
  Node: { apiVersion: 'v1', plural: 'nodes', namespaced: false },
  ServiceCIDR: { apiVersion: 'networking.k8s.io/v1', plural: 'servicecidrs', namespaced: false },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts', namespaced: true },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', namespaced: true },
  Secret: { apiVersion: 'v1', plural: 'secrets', namespaced: true },
  Service: { apiVersion: 'v1', plural: 'services', namespaced: true },
  IPAddress: { apiVersion: 'networking.k8s.io/v1', plural: 'ipaddresses', namespaced: false },
  Endpoints: { apiVersion: 'v1', plural: 'endpoints', namespaced: true },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices', namespaced: true },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', namespaced: true },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets', namespaced: true },
  DaemonSet: { apiVersion: 'apps/v1', plural: 'daemonsets', namespaced: true },
  ControllerRevision: { apiVersion: 'apps/v1', plural: 'controllerrevisions', namespaced: true },
  ReplicaSet: { apiVersion: 'apps/v1', plural: 'replicasets', namespaced: true },
  CronJob: { apiVersion: 'batch/v1', plural: 'cronjobs', namespaced: true },
  Job: { apiVersion: 'batch/v1', plural: 'jobs', namespaced: true },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases', namespaced: true },
  Pod: { apiVersion: 'v1', plural: 'pods', namespaced: true },
}

export function isKind(kind: string): kind is Kind {
  return Object.hasOwn(KINDS, kind)
}
