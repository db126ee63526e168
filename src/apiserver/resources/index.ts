/** Every kind that the API server serves: one file each, named as its plural. */
import type { Kind, Kinds } from '../../api/kinds.ts'
import { configmaps } from './configmaps.ts'
import { controllerrevisions } from './controllerrevisions.ts'
import { cronjobs } from './cronjobs.ts'
import { daemonsets } from './daemonsets.ts'
import { deployments } from './deployments.ts'
import { endpoints } from './endpoints.ts'
import { endpointslices } from './endpointslices.ts'
import { ipaddresses } from './ipaddresses.ts'
import { jobs } from './jobs.ts'
import { leases } from './leases.ts'
import { namespaces } from './namespaces.ts'
import { nodes } from './nodes.ts'
import { pods } from './pods.ts'
import { replicasets } from './replicasets.ts'
import { secrets } from './secrets.ts'
import { serviceaccounts } from './serviceaccounts.ts'
import { servicecidrs } from './servicecidrs.ts'
import { services } from './services.ts'
import { statefulsets } from './statefulsets.ts'
import { storedResources } from './stored.ts'
import type { Strategy } from './strategy.ts'

export const RESOURCES: { readonly [K in Kind]: Strategy<Kinds[K]> } = {
  ...storedResources,
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
