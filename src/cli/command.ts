import type { Command as Program } from 'commander'
import type { Context } from './context.ts'

/** One command of the command line: one file in commands/, one line in commands/index.ts. */
export interface Command {
  readonly name: string
  /** Adds itself to `program`; `exit` takes the promise of its exit code. */
  register(program: Program, context: Context, exit: (code: Promise<number>) => void): void
}
