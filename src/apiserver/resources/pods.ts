import { warningsForPod } from '../../api/container-port-validation.ts'
import type { Pod } from '../../api/core.ts'
import { initialPodStatus, setDefaultsPod } from '../../api/pod-defaults.ts'
import { validatePod, validatePodUpdate } from '../../api/pod-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const pods: Strategy<Pod> = plainStrategy({
  setDefaults: setDefaultsPod,
  initial: (pod) => ({ ...pod, status: initialPodStatus(pod.spec) }),
  carryOver: withStatusOf,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  warnings: warningsForPod,
  createsOnUpdate: false,
})
