import type { ControllerRevision } from '../../api/apps.ts'
import {
  validateControllerRevision,
  validateControllerRevisionUpdate,
} from '../../api/controller-revision-validation.ts'
import { plainStrategy, type Strategy } from './strategy.ts'

export const controllerrevisions: Strategy<ControllerRevision> = plainStrategy({
  setDefaults: (revision) => revision,
  validate: validateControllerRevision,
  validateUpdate: validateControllerRevisionUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
