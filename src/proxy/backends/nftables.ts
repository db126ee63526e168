import { diff } from '../../nft/diff.ts'
import type { Operation } from '../../nft/operation.ts'
import type { Backend } from '../backend.ts'
import type { NodeContext } from '../node-context.ts'
import { nodeLayout } from './nftables/node-layout.ts'
import { compileProgram, countPorts, type Layout, type Program, settleProgram } from './nftables/program.ts'

/**
 * Up to this many Service ports each has a rule of its own and strict round robin. Loading such chains is quadratic in
 * the kernel (500: 0.1 s, 10,000: 28 s), so beyond it only those that ask for it get one; the others share rings.
 */
export const STRICT_LIMIT = 512

/** A node's table, and what makes the next one cheap. */
export interface NodeProgram extends Program {
  readonly node: NodeContext
  readonly strict: boolean
}

/** The table `portolan` of one node and IP family. */
export const nftablesBackend: Backend<NodeProgram, Operation> = {
  name: 'nftables',
  compile(services, node, previous) {
    const strict = countPorts(node.family, services, previous) <= STRICT_LIMIT
    const program = compileProgram(services, layoutOf(node, strict, previous), previous)
    return program === previous ? previous : { ...program, node, strict }
  },
  settle: settleProgram,
  diff: (previous, next) => diff(previous?.table, next.table),
}

function layoutOf(node: NodeContext, strict: boolean, previous: NodeProgram | undefined): Layout {
  return previous?.node === node && previous.strict === strict ? previous.layout : nodeLayout(node, strict)
}
