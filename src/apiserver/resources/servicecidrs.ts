import type { ServiceCIDR } from '../../api/networking.ts'
import { validateServiceCIDR, validateServiceCIDRUpdate } from '../../api/networking-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const servicecidrs: Strategy<ServiceCIDR> = plainStrategy({
  setDefaults: (object) => object,
  initial: (range) => ({ ...range, status: {} }),
  carryOver: withStatusOf,
  validate: validateServiceCIDR,
  validateUpdate: validateServiceCIDRUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
