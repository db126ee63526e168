import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { type Answered, createApiClient } from './api-client.ts'

test('what became of each request is told, with its server', async () => {
  const told: Answered[] = []
  const server = createServer((request, response) => response.writeHead(request.method === 'GET' ? 200 : 403).end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createApiClient(
    () => ({ server: `http://127.0.0.1:${port}`, insecure: false }),
    (answered) => told.push(answered),
  )
  const { signal } = new AbortController()
  await client.get('/api/v1/services', signal)
  const message = { path: '/api', contentType: 'application/json', body: '{}' }
  await expect(client.write({ method: 'POST', ...message })).rejects.toThrow('403')
  client.close()
  server.close().closeAllConnections()
  await new Promise((resolve) => server.once('close', resolve))
  await expect(client.get('/api/v1/services', signal)).rejects.toThrow('ECONNREFUSED')
  expect(told.map(({ method, status }) => [method, status])).toEqual([
    ['GET', 200],
    ['POST', 403],
    ['GET', undefined],
  ])
  expect(told.every(({ host, seconds }) => host === `127.0.0.1:${port}` && seconds > 0)).toBe(true)
})
