/** Metrics as data, and Prometheus' text format 0.0.4 for them. */

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  /** What follows the family's name: `_bucket`, `_sum` and `_count` of a histogram. */
  readonly suffix?: string
  readonly labels?: Labels
  readonly value: number
}

/** All samples of one name. */
export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

/** Labels and what was counted with them. */
export type Row<Value> = readonly [labels: Labels, value: Value]

export interface Histogram {
  observe(value: number): void
  /** Upper bounds without the last one, which is infinite, and how many values each bucket alone has. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

/** `bounds` ascend. */
export function createHistogram(bounds: readonly number[]): Histogram {
  const counts = [...bounds, Infinity].map(() => 0)
  let sum = 0
  return {
    bounds,
    counts,
    observe(value) {
      const found = bounds.findIndex((bound) => value <= bound)
      const bucket = found === -1 ? bounds.length : found
      counts[bucket] = (counts[bucket] ?? 0) + 1
      sum += value
    },
    get sum() {
      return sum
    },
  }
}

/** `count` bounds, each `factor` times the one before. */
export function exponentialBounds(first: number, factor: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first * factor ** index)
}

export function counter(name: string, help: string, rows: Iterable<Row<number>>): MetricFamily {
  return { name, help, type: 'counter', samples: plainSamples(rows) }
}

export function gauge(name: string, help: string, rows: Iterable<Row<number>>): MetricFamily {
  return { name, help, type: 'gauge', samples: plainSamples(rows) }
}

export function histogram(name: string, help: string, rows: Iterable<Row<Histogram>>): MetricFamily {
  return { name, help, type: 'histogram', samples: [...rows].flatMap(([labels, value]) => buckets(labels, value)) }
}

/** The text that Prometheus scrapes. A family without samples is left out. */
export function renderMetrics(families: Iterable<MetricFamily>): string {
  const lines: string[] = []
  for (const { name, help, type, samples } of families) {
    if (samples.length === 0) continue
    lines.push(`# HELP ${name} ${escapeText(help)}`, `# TYPE ${name} ${type}`)
    for (const { suffix = '', labels = {}, value } of samples)
      lines.push(`${name}${suffix}${renderLabels(labels)} ${renderNumber(value)}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}

function plainSamples(rows: Iterable<Row<number>>): readonly Sample[] {
  return [...rows].map(([labels, value]) => ({ labels, value }))
}

function buckets(labels: Labels, { bounds, counts, sum }: Histogram): readonly Sample[] {
  let total = 0
  const samples: Sample[] = counts.map((count, index) => {
    total += count
    const le = renderNumber(bounds[index] ?? Infinity)
    return { suffix: '_bucket', labels: { ...labels, le }, value: total }
  })
  return [...samples, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: total }]
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeText(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function renderNumber(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
