import type { Deployment } from '../../api/apps.ts'
import { setDefaultsDeployment } from '../../api/workload-defaults.ts'
import { validateDeployment, validateDeploymentUpdate } from '../../api/workload-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const deployments: Strategy<Deployment> = plainStrategy({
  setDefaults: setDefaultsDeployment,
  initial: (deployment) => ({ ...deployment, status: {} }),
  carryOver: withStatusOf,
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
