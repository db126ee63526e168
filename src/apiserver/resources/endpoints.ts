import type { Endpoints } from '../../api/core.ts'
import { setDefaultsEndpoints } from '../../api/endpoint-defaults.ts'
import { ENDPOINTS_WARNING, validateEndpoints, validateEndpointsUpdate } from '../../api/endpoint-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const endpoints: Strategy<Endpoints> = plainStrategy({
  setDefaults: setDefaultsEndpoints,
  validate: validateEndpoints,
  validateUpdate: validateEndpointsUpdate,
  warnings: () => [ENDPOINTS_WARNING],
  createsOnUpdate: true,
})
