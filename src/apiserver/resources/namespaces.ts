import { setDefaultsNamespace } from '../../api/config-defaults.ts'
import { validateNamespace, validateNamespaceUpdate } from '../../api/config-validation.ts'
import type { Namespace } from '../../api/core.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const namespaces: Strategy<Namespace> = plainStrategy({
  setDefaults: setDefaultsNamespace,
  initial: (namespace) => ({ ...namespace, status: { phase: 'Active' } }),
  carryOver: (namespace, old) => ({
    ...withStatusOf(namespace, old),
    ...(old.spec === undefined ? {} : { spec: old.spec }),
  }),
  validate: validateNamespace,
  validateUpdate: validateNamespaceUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
