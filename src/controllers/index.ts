import type { Controller } from './controller.ts'
import { cronJobController } from './cron-jobs.ts'
import { daemonSetController } from './daemon-sets.ts'
import { deploymentController } from './deployments.ts'
import { disruptionBudgetController } from './disruption-budgets.ts'
import { endpointSliceMirroringController } from './endpoint-slice-mirroring.ts'
import { endpointSliceController } from './endpoint-slices.ts'
import { endpointsController } from './endpoints.ts'
import { garbageCollector } from './garbage-collector.ts'
import { ipAddressController } from './ip-addresses.ts'
import { jobController } from './jobs.ts'
import { loadBalancerController } from './load-balancers.ts'
import { namespaceController } from './namespaces.ts'
import { persistentVolumeClaimController } from './persistent-volume-claims.ts'
import { persistentVolumeController } from './persistent-volumes.ts'
import { replicaSetController } from './replica-sets.ts'
import { schedulerController } from './scheduler.ts'
import { serviceAccountController } from './service-accounts.ts'
import { serviceCIDRController } from './service-cidrs.ts'
import { statefulSetController } from './stateful-sets.ts'
import { volumeProtectionController } from './volume-protection.ts'

/** In the order in which work arises: from a Deployment to the slices of its Pods; then what is left over. */
export const CONTROLLERS: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  statefulSetController,
  daemonSetController,
  cronJobController,
  jobController,
  persistentVolumeClaimController,
  persistentVolumeController,
  volumeProtectionController,
  schedulerController,
  loadBalancerController,
  endpointSliceController,
  endpointsController,
  endpointSliceMirroringController,
  ipAddressController,
  serviceCIDRController,
  serviceAccountController,
  disruptionBudgetController,
  garbageCollector,
  namespaceController,
]
