import type { DaemonSet } from '../../api/apps.ts'
import { validateDaemonSet, validateDaemonSetUpdate } from '../../api/daemon-set-validation.ts'
import { setDefaultsDaemonSet } from '../../api/workload-defaults.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const daemonsets: Strategy<DaemonSet> = plainStrategy({
  setDefaults: setDefaultsDaemonSet,
  initial: (daemonSet) => ({
    ...daemonSet,
    status: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  }),
  carryOver: withStatusOf,
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
