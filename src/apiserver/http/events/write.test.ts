import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../../test/apiserver/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const EVENTS = '/api/v1/namespaces/default/events'
const MERGE = { 'content-type': 'application/merge-patch+json' }
const event = {
  metadata: { name: 'web.1', namespace: 'default' },
  involvedObject: { apiVersion: 'v1', kind: 'Service', namespace: 'default', name: 'web' },
  type: 'Warning',
  reason: 'AddressInUse',
  message: 'taken',
  source: { component: 'portolan-proxy', host: 'node-1' },
  firstTimestamp: '2026-01-01T00:00:00Z',
  lastTimestamp: '2026-01-01T00:00:00Z',
  count: 1,
}

test('an event is created, read, counted up, listed and deleted', async () => {
  const created = await server.call(EVENTS, { method: 'POST', body: event })
  expect([created.code, created.body.metadata.namespace]).toEqual([201, 'default'])
  expect((await server.call(EVENTS, { method: 'POST', body: event })).body.reason).toBe('AlreadyExists')
  const read = await server.call(`${EVENTS}/web.1`)
  expect(read.body).toMatchObject(event)
  const patched = await server.call(`${EVENTS}/web.1`, { method: 'PATCH', headers: MERGE, body: { count: 2 } })
  expect([patched.code, patched.body.count, patched.body.metadata.uid]).toEqual([200, 2, read.body.metadata.uid])
  expect(Number(patched.body.metadata.resourceVersion)).toBeGreaterThan(Number(read.body.metadata.resourceVersion))
  const found = await server.call(`${EVENTS}?fieldSelector=involvedObject.name=web,type=Warning`)
  expect(found.body.items).toHaveLength(1)
  expect((await server.call(`${EVENTS}/web.1`, { method: 'DELETE' })).code).toBe(200)
  expect((await server.call(`${EVENTS}/web.1`)).code).toBe(404)
})

test.each<[string, object, number, RegExp]>([
  ['of another namespace', { metadata: { name: 'a', namespace: 'other' } }, 400, /does not match the namespace/],
  ['about an object elsewhere', { involvedObject: { namespace: 'other' } }, 422, /does not match event.namespace/],
  ['without a name', { metadata: {} }, 400, /name or generateName is required/],
])('an event %s is refused', async (_, change, code, message) => {
  const refused = await server.call(EVENTS, { method: 'POST', body: { ...event, ...change } })
  expect([refused.code, refused.body.message]).toEqual([code, expect.stringMatching(message)])
})

test('a name is made where a beginning is given', async () => {
  const made = await server.call(EVENTS, { method: 'POST', body: { ...event, metadata: { generateName: 'web.' } } })
  expect(made.body.metadata.name).toMatch(/^web\.[0-9a-f]{8}$/)
})
