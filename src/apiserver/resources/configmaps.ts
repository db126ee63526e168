import { validateConfigMap, validateConfigMapUpdate } from '../../api/config-validation.ts'
import type { ConfigMap } from '../../api/core.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const configmaps: Strategy<ConfigMap> = plainStrategy({
  setDefaults: (configMap) => configMap,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
