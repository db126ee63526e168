/** Requests to the API server, under the names of Kubernetes' own clients. */
import { counter, createHistogram, histogram, type Histogram, type MetricFamily, type Row } from '../lib/prometheus.ts'
import type { Answered } from './api-client.ts'

export interface ClientMetrics {
  count(answered: Answered): void
  families(): readonly MetricFamily[]
}

/** As client-go's, in seconds. */
const BOUNDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

export function createClientMetrics(): ClientMetrics {
  const requests = new Map<string, Row<number>>()
  const durations = new Map<string, Row<Histogram>>()
  return {
    count({ host, method, status, seconds }) {
      const code = status === undefined ? '<error>' : String(status)
      const key = `${host} ${method} ${code}`
      requests.set(key, [{ code, host, method }, (requests.get(key)?.[1] ?? 0) + 1])
      const known = durations.get(`${host} ${method}`) ?? [{ host, verb: method }, createHistogram(BOUNDS)]
      durations.set(`${host} ${method}`, known)
      known[1].observe(seconds)
    },
    families: () => [
      counter('rest_client_requests_total', 'Requests to the API server.', requests.values()),
      histogram(
        'rest_client_request_duration_seconds',
        'Seconds until the API server answered; of a watch, until it began.',
        durations.values(),
      ),
    ],
  }
}
