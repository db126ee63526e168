import type { ChildProcess } from 'node:child_process'
import { closeSync, createWriteStream, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { ReadStream } from 'node:tty'
import type { Container } from '../api/core.ts'
import { libc } from '../host/libc.ts'
import { openTerminal, resizeTerminal } from '../host/pty.ts'

/** What a program that takes input is given. */
export interface ProgramInput {
  readonly stream: Writable
  /** Where it has a terminal. */
  resize?(columns: number, rows: number): void
}

/** Input and output of one attempt to run a program. Output goes into the container's log in any case. */
export interface ProgramStreams {
  readonly stdio: readonly [number | 'ignore' | 'pipe', number, number]
  /** Before the program, where a terminal has to become its own. */
  readonly prefix: readonly string[]
  /** Call once with the child, or with nothing where there is none. */
  opened(child: ChildProcess | undefined): void
  input(): ProgramInput | undefined
  /** Resolves when all output of a program that has ended is in the log. */
  readonly written: Promise<void>
}

export function openStreams({ stdin = false, tty = false }: Container, logPath: string): ProgramStreams {
  return tty ? throughTerminal(logPath) : intoLog(logPath, stdin)
}

function intoLog(logPath: string, takesInput: boolean): ProgramStreams {
  const log = openSync(logPath, 'a', 0o600)
  let input: ProgramInput | undefined
  return {
    stdio: [takesInput ? 'pipe' : 'ignore', log, log],
    prefix: [],
    opened(child) {
      closeSync(log)
      const stream = child?.stdin ?? undefined
      // EPIPE: the program has closed its input, or ended.
      stream?.on('error', () => undefined)
      if (stream !== undefined) input = { stream }
    },
    input: () => input,
    written: Promise.resolve(),
  }
}

/** The terminal's other end is the engine's: what comes out of it is written into the log. */
function throughTerminal(logPath: string): ProgramStreams {
  const terminal = openTerminal()
  const { master, slave } = terminal
  const output = new ReadStream(master)
  const log = createWriteStream(logPath, { flags: 'a', mode: 0o600 })
  const written = new Promise<void>((resolve) => log.once('close', () => resolve()))
  // A terminal's end is an error, EIO.
  output.on('error', () => log.end())
  output.once('close', () => log.end())
  output.on('data', (chunk) => log.write(chunk))
  const stream = createWriteStream('', { fd: master, autoClose: false })
  stream.on('error', () => undefined)
  return {
    stdio: [slave, slave, slave],
    prefix: ['setsid', '--ctty', '--wait'],
    opened(child) {
      libc().close(slave)
      if (child === undefined) output.destroy()
    },
    input: () => ({
      stream,
      resize: (columns, rows) => (output.destroyed ? undefined : resizeTerminal(terminal, columns, rows)),
    }),
    written,
  }
}
