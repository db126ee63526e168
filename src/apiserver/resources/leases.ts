import type { Lease } from '../../api/coordination.ts'
import { validateLease, validateLeaseUpdate } from '../../api/lease-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const leases: Strategy<Lease> = plainStrategy({
  setDefaults: (object) => object,
  validate: validateLease,
  validateUpdate: validateLeaseUpdate,
  warnings: () => [],
  createsOnUpdate: true,
})
