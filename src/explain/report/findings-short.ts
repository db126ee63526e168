/** One line a finding, as compilers print it. */
import type { CheckReport } from '../check/report.ts'

export function shortReport({ findings }: CheckReport): string {
  return findings
    .map(
      ({ code, severity, message, location: { file, line, column } }) =>
        `${file}:${line}:${column}: ${severity} ${code}: ${message}\n`,
    )
    .join('')
}
