import type { ServicePortInfo } from '../model/resolve-services.ts'
import type { NodeContext } from './node-context.ts'

/**
 * One way to make a node's kernel do what the Services say: one file in backends/, one line in backends/index.ts. Its
 * pure half; `Operation`s are carried out by the host folder, all of a list or none.
 */
export interface Backend<Program, Operation> {
  readonly name: string
  /** The whole desired state of one node, in a stable order. */
  compile(services: readonly ServicePortInfo[], node: NodeContext): Program
  /** What turns `previous` into `next`; empty when they are equal. */
  diff(previous: Program | undefined, next: Program): readonly Operation[]
}
