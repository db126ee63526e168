import { checkMachine } from '../../host/machine.ts'
import type { Command } from '../command.ts'
import type { Context } from '../context.ts'
import { formatOption, type Format } from '../format.ts'

const EXIT_MACHINE = 3

export const doctor: Command = {
  name: 'doctor',
  register(program, context, exit) {
    program
      .command('doctor')
      .description('say what this machine lacks to run a network, and the way out')
      .addOption(formatOption())
      .action((options: { format: Format }) => exit(Promise.resolve(diagnose(options.format, context))))
  },
}

function diagnose(format: Format, context: Context): number {
  const checks = checkMachine()
  if (format === 'json') context.stdout.write(`${JSON.stringify(checks, null, 2)}\n`)
  else {
    for (const { name, state, found, advice } of checks) {
      context.stdout.write(`${state.padEnd(8)} ${name.padEnd(13)} ${found}\n`)
      if (advice !== undefined) context.stdout.write(`${''.padEnd(8)} ${advice}\n`)
    }
  }
  return checks.some(({ state }) => state === 'missing') ? EXIT_MACHINE : 0
}
