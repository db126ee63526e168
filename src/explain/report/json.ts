/** The report as JSON: its shape is a promise, `schemaVersion` counts its changes. */
import type { CheckReport } from '../check/report.ts'

/** Two blanks of indentation, a line feed at the end. */
export function jsonReport({ findings, summary }: CheckReport): string {
  return `${JSON.stringify({ schemaVersion: 1, findings, summary }, null, 2)}\n`
}
