import type { Readable, Writable } from 'node:stream'

/** What a command may touch: streams and surroundings are handed to it, never taken. */
export interface Context {
  readonly stdin: Readable
  /** Data. */
  readonly stdout: Writable
  /** Progress and words. */
  readonly stderr: Writable
  readonly environment: NodeJS.ProcessEnv
  readonly workingDirectory: string
}

/** Wrong use, exit 2: one sentence that says what and what to do. */
export class UsageError extends Error {}

/** This machine cannot, exit 3. */
export class MachineError extends Error {}
