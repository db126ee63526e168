import { validateNode, validateNodeUpdate } from '../../api/config-validation.ts'
import type { Node } from '../../api/core.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

/** A node agent registers its node with the status, so a create keeps it. */
export const nodes: Strategy<Node> = plainStrategy({
  setDefaults: (node) => node,
  carryOver: withStatusOf,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
