import type { Measurement } from '../measurement.ts'

export interface Settings {
  readonly rounds: number
  /** Length of each load. */
  readonly seconds: number
  /** Says what happens, on stderr. */
  readonly say: (line: string) => void
  /** Resolves when nothing else disturbs, or will not end. */
  readonly quiet: () => Promise<void>
  /** A folder for files that ends with the bench. */
  readonly folder: string
}

export interface Workload {
  readonly name: string
  readonly run: (settings: Settings) => Promise<readonly Measurement[]>
}

export const failureOf =
  (settings: Settings) =>
  (way: string, error: unknown): void =>
    settings.say(`  ${way} failed: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`)
