import { afterEach, beforeEach, expect, test } from 'vitest'
import { list } from '../model/snapshot.ts'
import { createApiClient } from './api-client.ts'
import type { ClusterView } from './cluster-state.ts'
import { scriptedServer, type ScriptedRequest, type ScriptedServer } from './scripted-server.ts'
import type { CheckTimes } from './lost-events.ts'
import { sourceOf, type Source } from './source.ts'
import { watchCluster, type ClusterWatch } from './watch-cluster.ts'

const services: Source = { ...sourceOf('Service'), labelSelector: '!a/b', fieldSelector: 'spec.clusterIP!=None' }

let server: ScriptedServer
let watch: ClusterWatch
let views: ClusterView[]
let messages: string[]
let wake: () => void

beforeEach(async () => {
  server = await scriptedServer()
  ;[views, messages, wake] = [[], [], () => undefined]
})
afterEach(async () => {
  watch.stop()
  await server.close()
})

function start(sources: readonly Source[] = [services], check?: CheckTimes): void {
  const client = createApiClient(() => ({ server: server.address, insecure: false, token: 't' }))
  watch = watchCluster({
    client,
    sources,
    waits: { first: 1, longest: 4 },
    ...(check && { check }),
    onView: (view) => {
      views.push(view)
      wake()
    },
    onMessage: (message) => {
      messages.push(message)
      wake()
    },
  })
}

async function until(isSeen: () => boolean): Promise<void> {
  while (!isSeen()) await new Promise<void>((resolve) => (wake = resolve))
}

const names = (): readonly string[] =>
  views.length === 0 ? [] : list(views[views.length - 1]!.snapshot, 'Service').map(({ metadata }) => metadata.name)

const service = (name: string, version: string, port: unknown = 80): object => ({
  metadata: { name, namespace: 'default', resourceVersion: version, managedFields: [{}] },
  spec: { clusterIP: '10.96.0.9', ports: [{ port }] },
})
const event = (type: string, object: object): object => ({ type, object })

test('a list by pages, then what changes', async () => {
  start()
  const first = await server.next()
  expect(Object.fromEntries(first.url.searchParams)).toEqual({
    limit: '500',
    labelSelector: '!a/b',
    fieldSelector: 'spec.clusterIP!=None',
  })
  first.list([service('a', '1')], '5', 'more')
  const second = await server.next()
  expect(second.url.searchParams.get('continue')).toBe('more')
  expect(watch.isComplete()).toBe(false)
  second.list([service('b', '2')], '5')
  const stream = await server.next()
  expect(Object.fromEntries(stream.url.searchParams)).toMatchObject({
    watch: 'true',
    resourceVersion: '5',
    allowWatchBookmarks: 'true',
    labelSelector: '!a/b',
  })
  await until(() => views.length === 1)
  expect(names()).toEqual(['a', 'b'])
  stream.stream(event('DELETED', service('a', '6')), event('ADDED', service('c', '7')))
  await until(() => views.length === 2)
  expect(names()).toEqual(['b', 'c'])
  expect(views[1]?.snapshot.objects.Service.get('default/b')).toBe(views[0]?.snapshot.objects.Service.get('default/b'))
  expect(JSON.stringify(views)).not.toContain('managedFields')
})

test('a watch that ends goes on from the last bookmark', async () => {
  start()
  ;(await server.next()).list([], '5')
  const stream = await server.next()
  stream.stream(event('BOOKMARK', { metadata: { resourceVersion: '90' } }))
  stream.end()
  expect((await server.next()).url.searchParams.get('resourceVersion')).toBe('90')
  expect(messages).toEqual([])
})

test('a line in two pieces', async () => {
  start()
  ;(await server.next()).list([], '5')
  const stream = await server.next()
  stream.stream()
  const line = JSON.stringify(event('ADDED', service('a', '6')))
  stream.raw(line.slice(0, 40))
  await until(() => views.length === 1)
  stream.raw(`${line.slice(40)}\n`)
  await until(() => views.length === 2)
  expect(names()).toEqual(['a'])
})

test.each([
  [
    'in the stream',
    (stream: Awaited<ReturnType<ScriptedServer['next']>>) =>
      stream.stream(event('ERROR', { code: 410, message: 'too old' })),
  ],
  ['as the answer', (stream: Awaited<ReturnType<ScriptedServer['next']>>) => stream.fail(410, 'too old')],
])('410 %s: the list is asked for anew, and what is gone is gone', async (_, expire) => {
  start()
  ;(await server.next()).list([service('a', '1'), service('b', '2')], '5')
  expire(await server.next())
  const again = await server.next()
  expect(again.isWatch).toBe(false)
  again.list([service('b', '2')], '50')
  await until(() => names().length === 1)
  expect(names()).toEqual(['b'])
  expect(messages).toEqual([])
})

test('a server that goes away: what is known stays, it is said once, and the watch goes on', async () => {
  start()
  ;(await server.next()).list([service('a', '1')], '5')
  ;(await server.next()).cut()
  for (const _ of [1, 2, 3]) (await server.next()).fail(503, 'starting')
  const stream = await server.next()
  expect([stream.isWatch, stream.url.searchParams.get('resourceVersion'), watch.problem()]).toEqual([
    true,
    '5',
    '/api/v1/services: 503 starting',
  ])
  stream.stream(event('ADDED', service('b', '6')))
  await until(() => messages.length === 2 && names().length === 2)
  expect(messages[0]).toContain(
    'the API server cannot be followed, and what is known of it stays: the connection broke off',
  )
  expect(messages[1]).toBe('the API server is back')
})

test('a bad object is set aside by name, its last good state stays, and the rest goes on', async () => {
  start()
  ;(await server.next()).list([service('a', '1'), service('bad', '2', 'eighty'), service('c', '3')], '5')
  const stream = await server.next()
  await until(() => views.length === 1)
  expect(names()).toEqual(['a', 'c'])
  stream.stream(event('MODIFIED', service('a', '6', 70_000)), event('MODIFIED', service('c', '7', 81)))
  await until(() => views.length === 2)
  const ports = list(views[1]!.snapshot, 'Service').map(({ spec }) => spec.ports?.[0]?.port)
  expect(ports).toEqual([80, 81])
  expect(messages).toEqual([
    expect.stringContaining('Service default/bad is set aside: spec.ports[0].port'),
    'Service default/a is set aside: spec.ports[0].port 70000 is no port',
  ])
})

test('a kind that an older server lacks counts as empty; ranges of Services are collected', async () => {
  const ranges: Source = { kind: 'ServiceCIDR', path: '/apis/networking.k8s.io/v1/servicecidrs', optional: true }
  start([ranges])
  ;(await server.next()).fail(404, 'no')
  await until(() => watch.isComplete())
  expect(messages).toEqual([])
  watch.stop()
  start([ranges])
  const name = { name: 'kubernetes', resourceVersion: '1' }
  ;(await server.next()).list([{ metadata: name, spec: { cidrs: ['10.96.0.0/12', 'fd00::/108'] } }], '5')
  const stream = await server.next()
  stream.stream(event('ADDED', { metadata: { name: 'more' }, spec: { cidrs: ['10.112.0.0/16'] } }))
  await until(() => views.at(-1)?.serviceCIDRs.length === 3)
  expect(views.at(-1)?.serviceCIDRs).toEqual(['10.112.0.0/16', '10.96.0.0/12', 'fd00::/108'])
})

test('nothing is told before everything was listed once', async () => {
  start([services, { kind: 'Node', path: '/api/v1/nodes', optional: false }])
  const asked = [await server.next(), await server.next()]
  const of = (path: string) => asked.find(({ url }) => url.pathname === path)
  of('/api/v1/services')?.list([service('a', '1')], '5')
  // Its watch: the list was read.
  expect((await server.next()).url.pathname).toBe('/api/v1/services')
  expect([views.length, watch.isComplete()]).toEqual([0, false])
  of('/api/v1/nodes')?.list([], '5')
  await until(() => views.length > 0)
  expect(names()).toEqual(['a'])
})

test('what may not be read is said', async () => {
  start()
  ;(await server.next()).fail(403, 'services is forbidden')
  await until(() => messages.length === 1)
  expect(messages[0]).toContain('/api/v1/services: may not be listed and watched, see deploy/ for the ClusterRole: 403')
  expect(watch.isComplete()).toBe(false)
})

test('another server behind the same kubeconfig is listed anew', async () => {
  const other = await scriptedServer()
  let address = server.address
  const client = createApiClient(() => ({ server: address, insecure: false }))
  watch = watchCluster({
    client,
    sources: [services],
    waits: { first: 1, longest: 4 },
    onView: (view) => void views.push(view),
    onMessage: () => undefined,
  })
  ;(await server.next()).list([], '500')
  const stream = await server.next()
  address = other.address
  stream.cut()
  const again = await other.next()
  expect(again.isWatch).toBe(false)
  again.list([], '3')
  expect((await other.next()).url.searchParams.get('resourceVersion')).toBe('3')
  await other.close()
})

test('what the watch has not told is found, and everything is listed anew', async () => {
  start([services], { interval: 1, grace: 1 })
  const first = await server.next()
  expect(first.accept).toBe('application/json')
  first.list([service('a', '1'), service('gone', '2')], '5')
  const stream = await server.next()
  stream.stream()
  const looks = async (): Promise<ScriptedRequest> => {
    const look = await server.next()
    expect(look.accept).toMatch(/^application\/json;as=PartialObjectMetadataList;/)
    expect([look.isWatch, look.url.searchParams.get('fieldSelector')]).toEqual([false, 'spec.clusterIP!=None'])
    return look
  }
  // As it is known: nothing is done.
  ;(await looks()).list([service('a', '1'), service('gone', '2')], '5')
  ;(await looks()).fail(500, 'too busy')
  stream.cut()
  const again = await server.next()
  expect(again.isWatch).toBe(true)
  again.stream()
  ;(await looks()).list([service('a', '3'), service('new', '4')], '9')
  const anew = await server.next()
  expect([anew.isWatch, anew.accept]).toEqual([false, 'application/json'])
  expect(messages.at(-1)).toBe(
    'the watch of /api/v1/services has not told of default/a, default/gone, default/new: everything is listed anew',
  )
  anew.list([service('a', '3', 81), service('new', '4')], '9')
  await until(() => names().includes('new'))
  expect(names()).toEqual(['a', 'new'])
  expect((await server.next()).url.searchParams.get('resourceVersion')).toBe('9')
  expect(watch.ages().map(([kind]) => kind)).toEqual(['Service'])
})
