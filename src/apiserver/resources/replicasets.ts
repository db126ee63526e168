import type { ReplicaSet } from '../../api/apps.ts'
import { setDefaultsReplicaSet } from '../../api/workload-defaults.ts'
import { validateReplicaSet, validateReplicaSetUpdate } from '../../api/workload-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const replicasets: Strategy<ReplicaSet> = plainStrategy({
  setDefaults: setDefaultsReplicaSet,
  initial: (replicaSet) => ({ ...replicaSet, status: { replicas: 0 } }),
  carryOver: withStatusOf,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
