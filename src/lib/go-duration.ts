/** Times as Go writes them, and so Kubernetes: `1h30m`, `250ms`, `1.5s`. */

const SECONDS: Readonly<Record<string, number>> = {
  h: 3600,
  m: 60,
  s: 1,
  ms: 1e-3,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ns: 1e-9,
}
const PARTS = /(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|μs|ns)/g

/** Seconds; undefined where it is no such time. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign = '', rest = ''] = /^([-+]?)(.*)$/s.exec(text) ?? []
  if (rest === '0') return 0
  if (rest === '' || rest.replace(PARTS, '') !== '') return undefined
  const sum = Array.from(rest.matchAll(PARTS), ([, count = '', unit = '']) => Number(count) * (SECONDS[unit] ?? 0))
  const seconds = sum.reduce((total, part) => total + part, 0)
  return sign === '-' ? -seconds : seconds
}
