import { createHistogram, exponentialBounds, type Histogram } from '../../lib/prometheus.ts'

/** What one server answered with one rcode, and in which time. */
export interface AnswerTimes {
  readonly server: string
  readonly rcode: number
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

export interface UpstreamTimes {
  answered(server: string, rcode: number, seconds: number): void
  all(): readonly AnswerTimes[]
}

/** As CoreDNS': from 0.25 ms, doubling. */
const SECONDS = exponentialBounds(0.000_25, 2, 16)

export function createUpstreamTimes(): UpstreamTimes {
  const histograms = new Map<string, { readonly server: string; readonly rcode: number; readonly times: Histogram }>()
  return {
    answered(server, rcode, seconds) {
      const key = `${rcode} ${server}`
      const found = histograms.get(key) ?? { server, rcode, times: createHistogram(SECONDS) }
      histograms.set(key, found)
      found.times.observe(seconds)
    },
    // Plain data: it goes from one process to another.
    all: () =>
      [...histograms.values()].map(({ server, rcode, times: { bounds, counts, sum } }) => ({
        server,
        rcode,
        bounds,
        counts: [...counts],
        sum,
      })),
  }
}
