import { validateNode, validateNodeUpdate } from '../../api/config-validation.ts'
import type { Node } from '../../api/core.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

/** A node agent registers its node with the status, so a create keeps it. */
export const nodes: Strategy<Node> = plainStrategy({
  setDefaults: (node) => node,
  initial: withReadyCondition,
  carryOver: withStatusOf,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  warnings: (node) => (isInvented(node) ? [inventedWarning(node.metadata.name)] : []),
  createsOnUpdate: false,
})

/** The network's own say what they run on; another has nobody who would say anything of it. */
function isInvented({ status }: Node): boolean {
  return status?.nodeInfo === undefined
}

function inventedWarning(name: string): string {
  return (
    `this network has no node ${JSON.stringify(name)}: nothing runs on it; the nodes are those of "up --nodes", ` +
    'node-1, node-2 and so on'
  )
}

/** As a cluster says of a node whose agent was never heard; schedulers leave it out. */
function withReadyCondition(node: Node): Node {
  if (!isInvented(node)) return node
  const others = (node.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
  const ready = {
    type: 'Ready',
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: inventedWarning(node.metadata.name),
  } as const
  return { ...node, status: { ...node.status, conditions: [...others, ready] } }
}
