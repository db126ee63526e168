import { styleText } from 'node:util'
import type { Context } from '../context.ts'

/** The steps of a start, as they are done. */
export interface Progress {
  step(name: string, milliseconds: number): void
  say(text: string): void
  /** Milliseconds since this process was started. */
  elapsed(): number
}

export function createProgress({ stderr, environment }: Context): Progress {
  const colour = 'isTTY' in stderr && stderr.isTTY === true && !environment['NO_COLOR']
  const paint = (style: 'green' | 'dim', text: string): string => (colour ? styleText(style, text) : text)
  return {
    step(name, milliseconds) {
      stderr.write(
        `  ${paint('green', '✓')} ${name.padEnd(16)} ${paint('dim', `${milliseconds.toFixed(0).padStart(5)} ms`)}\n`,
      )
    },
    say: (text) => void stderr.write(`${text}\n`),
    elapsed: () => performance.now(),
  }
}
