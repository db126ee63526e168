/** Memory over many changes, with clients that write, watch, and come and go. Minutes: npm run test:long. */
import { Agent, request } from 'node:https'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, TOKEN, type TestServer } from '../../../test/apiserver/test-server.ts'

const LONG = process.env['PORTOLAN_LONG'] === '1'
const CHANGES = 100_000
const [OBJECTS, CLIENTS, WATCHERS] = [50, 8, 20]
const PATH = '/api/v1/namespaces/default/services'
/** Bytes. What a hundred thousand leaks of a hundred bytes would be. */
const MOST_GROWTH = 10 * 1024 * 1024

let server: TestServer
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS })
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  agent.destroy()
  await server.close()
})

test.skipIf(!LONG)('memory is flat over 100,000 changes', { timeout: 1_800_000 }, async () => {
  for (let i = 0; i < OBJECTS; i++) {
    server.registry.create({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s-${i}`, namespace: 'default' },
      spec: { selector: { app: `s-${i}` }, ports: [{ port: 80 }] },
    })
  }
  let seen = 0
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => server.watch(`${PATH}?watch=true`)))
  for (const { response } of watchers) response.on('data', (chunk: Buffer) => (seen += chunk.length))
  await changeAll(0, CHANGES / 5)
  const before = usedHeap()
  await changeAll(CHANGES / 5, CHANGES)
  const growth = usedHeap() - before
  expect(seen).toBeGreaterThan(CHANGES * WATCHERS * 100)
  expect(growth).toBeLessThan(MOST_GROWTH)
  for (const { response } of watchers) response.destroy()
})

/** Changes number `from` to below `to`, with a list, a new object and a watch that comes and goes now and then. */
async function changeAll(from: number, to: number): Promise<void> {
  let next = from
  const client = async (): Promise<void> => {
    while (next < to) {
      const i = next++
      const name = `s-${i % OBJECTS}`
      await patch(`${PATH}/${name}`, { metadata: { annotations: { change: String(i) } } })
      if (i % 500 === 0) await server.call(`${PATH}?limit=5`)
      if (i % 1000 === 0) await server.call(`${PATH}?watch=true&timeoutSeconds=1&resourceVersion=0`)
      if (i % 50 === 0) {
        const metadata = { name: `short-${i}`, namespace: 'default' }
        server.registry.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'x'.repeat(1000) } })
        server.registry.delete('ConfigMap', `default/short-${i}`)
      }
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
}

function patch(path: string, body: unknown): Promise<void> {
  const payload = JSON.stringify(body)
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/merge-patch+json',
    'content-length': Buffer.byteLength(payload),
  }
  return new Promise((resolve, reject) => {
    const sent = request({ ...server.options, agent, path, method: 'PATCH', headers }, (answer) => {
      answer.resume()
      answer.once('end', () => (answer.statusCode === 200 ? resolve() : reject(new Error(String(answer.statusCode)))))
    })
    sent.once('error', reject)
    sent.end(payload)
  })
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect === 'function') collect()
  return process.memoryUsage().heapUsed
}
