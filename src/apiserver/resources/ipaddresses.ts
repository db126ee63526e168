import type { IPAddress } from '../../api/networking.ts'
import { validateIPAddress, validateIPAddressUpdate } from '../../api/networking-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const ipaddresses: Strategy<IPAddress> = plainStrategy({
  setDefaults: (object) => object,
  validate: validateIPAddress,
  validateUpdate: validateIPAddressUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
