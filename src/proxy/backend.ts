import type { OrderedMap } from '../lib/ordered-map.ts'
import type { ServicePortInfo } from '../model/resolve-services.ts'
import type { NodeContext } from './node-context.ts'

/**
 * One way to make a node's kernel do what the Services say: one file in backends/, one line in backends/index.ts. Its
 * pure half; `Operation`s are carried out by the host folder, all of a list or none.
 */
export interface Backend<Program, Operation> {
  readonly name: string
  /**
   * The whole desired state of one node. `services` by Service key, as `resolvedServices` gives them. The result does not
   * depend on `previous`, which is what a call before returned: with it only what changed is done anew.
   */
  compile(services: OrderedMap<readonly ServicePortInfo[]>, node: NodeContext, previous?: Program): Program
  /** Does what makes the next change cheap, once the rules are written: compiling anew would wait for it otherwise. */
  settle(program: Program): void
  /** What turns `previous` into `next`; empty when they are equal. */
  diff(previous: Program | undefined, next: Program): readonly Operation[]
}
