/** What a program's own health checks came to: the metrics of /metrics/slis, which every Kubernetes program has. */
import { counter, gauge, type MetricFamily, type Row } from '../../lib/prometheus.ts'

export interface HealthRecords {
  /** Of the check `name` that an endpoint such as `healthz` asks. */
  observe(name: string, type: string, status: 'success' | 'error'): void
  reset(): void
  families(): readonly MetricFamily[]
}

export function createHealthRecords(): HealthRecords {
  const last = new Map<string, Row<number>>()
  const totals = new Map<string, Row<number>>()
  return {
    observe(name, type, status) {
      last.set(`${name} ${type}`, [{ name, type }, status === 'success' ? 1 : 0])
      const key = `${name} ${type} ${status}`
      totals.set(key, [{ name, type, status }, (totals.get(key)?.[1] ?? 0) + 1])
    },
    reset() {
      last.clear()
      totals.clear()
    },
    families: () => [
      gauge('kubernetes_healthcheck', 'Whether a health check succeeded the last time: 1 or 0.', last.values()),
      counter('kubernetes_healthchecks_total', 'How often each health check was made.', totals.values()),
    ],
  }
}
