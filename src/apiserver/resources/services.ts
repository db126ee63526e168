import type { Service } from '../../api/core.ts'
import { setDefaultsService } from '../../api/service-defaults.ts'
import { validateService, validateServiceStatus, validateServiceUpdate } from '../../api/service-validation.ts'
import { warningsForService } from '../../api/service-warnings.ts'
import type { Allocated } from '../allocated.ts'
import { allocateService } from '../service-allocation.ts'
import { dropTypeDependentFields, restoreAllocatedValues, synchronizeClusterIPs } from '../service-update.ts'
import { withStatusOf, type Prepared, type Strategy } from './strategy.ts'

/** An ExternalName has no inner traffic: the field is not shown on it. */
function withoutUselessPolicy(service: Service): Service {
  if (service.spec.type !== 'ExternalName') return service
  const { internalTrafficPolicy: _, ...spec } = service.spec
  return { ...service, spec }
}

function prepared({ service, allocations, failures }: Allocated): Prepared<Service> {
  return { object: withoutUselessPolicy(service), allocations, failures }
}

export const services: Strategy<Service> = {
  setDefaults: setDefaultsService,
  prepareForCreate(service, allocations) {
    const fresh = synchronizeClusterIPs({ ...service, status: { loadBalancer: {} } })
    return prepared(allocateService(fresh, allocations))
  },
  prepareForUpdate(service, old, allocations) {
    const complete = synchronizeClusterIPs(restoreAllocatedValues(service, old), old)
    const allocated = allocateService(complete, allocations, old)
    const kept = withStatusOf(dropTypeDependentFields(allocated.service, old), old)
    const balanced = kept.spec.type === 'LoadBalancer' ? kept : { ...kept, status: withoutIngress(kept.status) }
    return prepared({ ...allocated, service: balanced })
  },
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  validateStatus: validateServiceStatus,
  warnings: warningsForService,
  createsOnUpdate: true,
}

function withoutIngress(status: Service['status'] = {}): NonNullable<Service['status']> {
  return { ...status, loadBalancer: {} }
}
