import { expect, test } from 'vitest'
import { renderMetrics } from '../lib/prometheus.ts'
import { createClientMetrics } from './client-metrics.ts'

test('requests by host, method and what became of them', () => {
  const metrics = createClientMetrics()
  const asked = { host: 'api:6443', method: 'GET' }
  metrics.count({ ...asked, status: 200, seconds: 0.02 })
  metrics.count({ ...asked, status: 200, seconds: 3 })
  metrics.count({ ...asked, status: undefined, seconds: 0.001 })
  metrics.count({ ...asked, method: 'POST', status: 403, seconds: 0.001 })
  const lines = renderMetrics(metrics.families()).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'rest_client_requests_total{code="200",host="api:6443",method="GET"} 2',
      'rest_client_requests_total{code="<error>",host="api:6443",method="GET"} 1',
      'rest_client_requests_total{code="403",host="api:6443",method="POST"} 1',
      'rest_client_request_duration_seconds_bucket{host="api:6443",verb="GET",le="0.025"} 2',
      'rest_client_request_duration_seconds_count{host="api:6443",verb="GET"} 3',
      'rest_client_request_duration_seconds_count{host="api:6443",verb="POST"} 1',
    ]),
  )
})
