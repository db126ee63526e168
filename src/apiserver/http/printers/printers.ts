import type { Kind, Kinds } from '../../../api/kinds.ts'
import { cronjobs, jobs } from './batch.ts'
import {
  configmaps,
  ipaddresses,
  leases,
  namespaces,
  nodes,
  secrets,
  serviceaccounts,
  servicecidrs,
} from './cluster.ts'
import { endpoints, endpointslices } from './endpoints.ts'
import { pods } from './pods.ts'
import { storedPrinters } from './stored.ts'
import type { Printer } from './printer.ts'
import { services } from './services.ts'
import { controllerrevisions, daemonsets, deployments, replicasets, statefulsets } from './workloads.ts'

export const PRINTERS: { readonly [K in Kind]: Printer<Kinds[K]> } = {
  ...storedPrinters,
  Namespace: namespaces,
  Node: nodes,
  ServiceCIDR: servicecidrs,
  IPAddress: ipaddresses,
  ServiceAccount: serviceaccounts,
  Lease: leases,
  ConfigMap: configmaps,
  Secret: secrets,
  Service: services,
  Endpoints: endpoints,
  EndpointSlice: endpointslices,
  Deployment: deployments,
  StatefulSet: statefulsets,
  DaemonSet: daemonsets,
  ControllerRevision: controllerrevisions,
  ReplicaSet: replicasets,
  CronJob: cronjobs,
  Job: jobs,
  Pod: pods,
}
