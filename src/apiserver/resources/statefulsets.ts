import type { StatefulSet } from '../../api/apps.ts'
import { setDefaultsStatefulSet } from '../../api/workload-defaults.ts'
import { validateStatefulSet, validateStatefulSetUpdate } from '../../api/stateful-set-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const statefulsets: Strategy<StatefulSet> = plainStrategy({
  setDefaults: setDefaultsStatefulSet,
  initial: (statefulSet) => ({ ...statefulSet, status: { replicas: 0, availableReplicas: 0 } }),
  carryOver: withStatusOf,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
