import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { processMetrics } from '../../host/process-metrics.ts'
import { createProxyHealth } from './health.ts'
import { createProxyMetrics } from './metrics.ts'
import { healthListener, listen, metricsListener, type ServedProxy } from './servers.ts'

const none = { internal: 0, external: 0 }
const proxy: ServedProxy = {
  health: createProxyHealth(),
  metrics: createProxyMetrics(),
  node: () => undefined,
  withoutLocal: () => ({ IPv4: none, IPv6: none }),
}
const servers: Server[] = []
let [health, metrics] = ['', '']

beforeEach(async () => {
  const start = async (listener: Parameters<typeof listen>[1]): Promise<string> => {
    const server = await listen({ host: '127.0.0.1', port: 0 }, listener)
    servers.push(server)
    const { port } = server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }
  health = await start(healthListener(proxy))
  metrics = await start(metricsListener(proxy, { node: 'n' }, processMetrics))
})
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function ask(url: string, method = 'GET'): Promise<readonly [status: number, text: string]> {
  const answer = await fetch(url, { method })
  return [answer.status, await answer.text()]
}

test.each<[path: string, status: number, text: string]>([
  ['/healthz', 200, 'ok'],
  ['/healthz?verbose', 200, '[+]ping ok\nhealthz check passed\n'],
  ['/healthz/ping', 200, 'ok'],
  ['/proxyMode', 200, 'nftables'],
  ['/configz', 200, '{"node":"n"}'],
  ['/metrics/other', 404, ''],
  ['//', 404, ''],
])('the metrics port: %s', async (path, status, text) => {
  expect(await ask(`${metrics}${path}`)).toEqual([status, text])
})

test.each([
  ['/healthz', 503],
  ['/livez?a=b', 200],
  ['/metrics', 404],
])('the health port: %s', async (path, status) => {
  expect((await ask(`${health}${path}`))[0]).toBe(status)
})

test('/metrics/slis: what /healthz was asked, from the last reset on', async () => {
  const samples = async (): Promise<readonly string[]> => {
    const [, text] = await ask(`${metrics}/metrics/slis`)
    return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  }
  expect(await samples()).toEqual([])
  await ask(`${metrics}/healthz`)
  await ask(`${metrics}/healthz`)
  expect(await samples()).toEqual([
    'kubernetes_healthcheck{name="ping",type="healthz"} 1',
    'kubernetes_healthchecks_total{name="ping",type="healthz",status="success"} 2',
  ])
  expect(await ask(`${metrics}/metrics/slis`, 'DELETE')).toEqual([200, 'metrics reset\n'])
  expect(await samples()).toEqual([])
})

test('the process, as the kernel has it', async () => {
  const [, text] = await ask(`${metrics}/metrics`)
  const value = (name: string): number => Number(new RegExp(`^process_${name} (.*)$`, 'm').exec(text)?.[1])
  expect(value('resident_memory_bytes')).toBeGreaterThan(10e6)
  expect(value('virtual_memory_bytes')).toBeGreaterThan(value('resident_memory_bytes'))
  expect(value('cpu_seconds_total')).toBeGreaterThan(0)
  expect(value('open_fds')).toBeGreaterThan(3)
  expect(value('max_fds')).toBeGreaterThan(value('open_fds'))
  expect(Math.abs(value('start_time_seconds') + process.uptime() - Date.now() / 1000)).toBeLessThan(60)
})
