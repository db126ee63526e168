import type { ServiceAccount } from '../../api/core.ts'
import { validateServiceAccount, validateServiceAccountUpdate } from '../../api/config-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const serviceaccounts: Strategy<ServiceAccount> = plainStrategy({
  setDefaults: (object) => object,
  validate: validateServiceAccount,
  validateUpdate: validateServiceAccountUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
