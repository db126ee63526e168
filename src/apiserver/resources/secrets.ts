import { setDefaultsSecret } from '../../api/config-defaults.ts'
import { validateSecret, validateSecretUpdate } from '../../api/config-validation.ts'
import type { Secret } from '../../api/core.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const secrets: Strategy<Secret> = plainStrategy({
  setDefaults: setDefaultsSecret,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
