import type { EndpointSlice } from '../../api/discovery.ts'
import { setDefaultsEndpointSlice } from '../../api/endpoint-defaults.ts'
import { validateEndpointSlice, validateEndpointSliceUpdate } from '../../api/endpoint-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const endpointslices: Strategy<EndpointSlice> = plainStrategy({
  setDefaults: setDefaultsEndpointSlice,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
