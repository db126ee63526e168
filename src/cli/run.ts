import { Command as Program, CommanderError } from 'commander'
import { NetworkGone, NetworkRefusal } from '../cluster/control/client.ts'
import { MachineError, UsageError, type Context } from './context.ts'
import { commands } from './commands/index.ts'
import { isWaitTime } from './up/wait-time.ts'
import { VERSION } from './version.ts'

/** Runs one command line. Exit codes: 0 ok, 1 the answer is "broken", 2 wrong use, 3 this machine cannot. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  let result: Promise<number> = Promise.resolve(0)
  const program = createProgram(context, (code) => {
    result = code
  })
  try {
    program.parse(args[0] === 'up' ? args.map(withWaitTime) : [...args], { from: 'user' })
    return await result
  } catch (error) {
    return exitCodeOf(error, context)
  }
}

/** What follows `--wait` is its value where it is a time, else a file. */
function withWaitTime(argument: string, index: number, args: readonly string[]): string {
  return argument === '--wait' && !isWaitTime(args[index + 1] ?? '') ? '--wait=60s' : argument
}

/** The whole command line; `exit` takes the promise of the exit code. */
export function createProgram(context: Context, exit: (code: Promise<number>) => void): Program {
  const program = new Program('portolan')
    .description('Runs Kubernetes Services for real on one machine, and charts every port on the way.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(text),
      writeErr: (text) => void context.stderr.write(text),
    })
    .showSuggestionAfterError()
    .enablePositionalOptions()
  for (const command of commands) command.register(program, context, exit)
  return program
}

function exitCodeOf(error: unknown, context: Context): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UsageError || error instanceof MachineError) {
    context.stderr.write(`portolan: ${error.message}\n`)
    return error instanceof UsageError ? 2 : 3
  }
  if (error instanceof NetworkGone || error instanceof NetworkRefusal) {
    context.stderr.write(`portolan: ${error.message}\n`)
    return 1
  }
  // Whoever read the output has had enough of it.
  if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return 0
  throw error
}
