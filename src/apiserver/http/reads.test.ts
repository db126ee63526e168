import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type Body, type TestServer } from '../../../test/apiserver/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ historySize: 10 })
})
afterAll(() => server.close())

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const write = (name: string, labels: Record<string, string> = {}): void => {
  server.registry.create({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels },
    data: {},
  })
}
const relabel = (name: string, labels: Record<string, string>): void => {
  server.registry.mergePatch('ConfigMap', `default/${name}`, { metadata: { labels } })
}
const names = (body: Body): string[] => body.items.map(({ metadata }) => metadata.name)

describe('lists', () => {
  test('pages', async () => {
    for (const name of ['p1', 'p2', 'p3']) write(name)
    const first = await server.call(`${CONFIG_MAPS}?limit=2`)
    expect([names(first.body), first.body.metadata.remainingItemCount]).toEqual([['p1', 'p2'], 1])
    const second = await server.call(`${CONFIG_MAPS}?limit=2&continue=${first.body.metadata.continue}`)
    expect([names(second.body), second.body.metadata.continue]).toEqual([['p3'], undefined])
    expect((await server.call(`${CONFIG_MAPS}?continue=***`)).code).toBe(400)
  })

  test('all pages show what the first one showed', async () => {
    const first = await server.call(`${CONFIG_MAPS}?limit=1`)
    const [{ metadata }, before] = [first.body, await server.call(CONFIG_MAPS)]
    write('p0')
    relabel('p2', { changed: 'yes' })
    server.registry.delete('ConfigMap', 'default/p3')
    const rest = await server.call(`${CONFIG_MAPS}?continue=${metadata.continue}`)
    expect(rest.body.items).toEqual(before.body.items.slice(1))
    expect(rest.body.metadata.resourceVersion).toBe(metadata.resourceVersion)
    const exact = `${CONFIG_MAPS}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`
    expect((await server.call(exact)).body.items).toEqual(before.body.items)
    const now = ['p0', 'p1', 'p2']
    expect(names((await server.call(CONFIG_MAPS)).body)).toEqual(now)
    expect(names((await server.call(`${CONFIG_MAPS}?resourceVersion=0`)).body)).toEqual(now)
  })

  test('a page whose list is forgotten: 410, with a token for the rest as it is now', async () => {
    const first = await server.call(`${CONFIG_MAPS}?limit=1`)
    for (let i = 0; i < 30; i++) relabel('p1', { i: String(i) })
    const gone = await server.call(`${CONFIG_MAPS}?limit=1&continue=${first.body.metadata.continue}`)
    expect([gone.code, gone.body.reason]).toEqual([410, 'Expired'])
    const rest = await server.call(`${CONFIG_MAPS}?continue=${gone.body.metadata.continue}`)
    expect(names(rest.body)).toEqual(['p1', 'p2'])
    expect(rest.body.metadata.resourceVersion).toBe(String(server.store.snapshot().resourceVersion))
    const exact = `resourceVersion=${first.body.metadata.resourceVersion}&resourceVersionMatch=Exact`
    expect((await server.call(`${CONFIG_MAPS}?${exact}`)).code).toBe(410)
  })

  test('how many are left is not said of a selection', async () => {
    const { body } = await server.call(`${CONFIG_MAPS}?limit=1&fieldSelector=metadata.namespace=default`)
    expect([typeof body.metadata.continue, body.metadata.remainingItemCount]).toEqual(['string', undefined])
  })

  test.each([
    ['resourceVersion=999999999', 504],
    ['resourceVersion=999999999&resourceVersionMatch=NotOlderThan', 504],
    ['resourceVersion=x', 400],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersionMatch=Exact&resourceVersion=0', 422],
    ['resourceVersionMatch=Newest&resourceVersion=1', 422],
    ['limit=-1', 400],
  ])('refused: %s', async (query, code) => {
    expect((await server.call(`${CONFIG_MAPS}?${query}`)).code).toBe(code)
  })

  test('as a table', async () => {
    const { body } = await server.call('/api/v1/namespaces', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    })
    expect(body.columnDefinitions?.map(({ name }) => name)).toEqual(['Name', 'Status', 'Age'])
    expect(body.rows[0]).toMatchObject({
      cells: ['default', 'Active', '90s'],
      object: { kind: 'PartialObjectMetadata' },
    })
  })

  test.each([
    ['None', null],
    ['Object', 'Namespace'],
  ])('a table with includeObject=%s', async (include, kind) => {
    const { body } = await server.call(`/api/v1/namespaces?includeObject=${include}`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    expect(body.rows[0]?.object?.kind ?? null).toBe(kind)
  })

  test('metadata alone', async () => {
    const { body } = await server.call(CONFIG_MAPS, {
      headers: { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' },
    })
    expect([body.kind, body.items[0]?.data]).toEqual(['PartialObjectMetadataList', undefined])
  })
})

describe('watches', () => {
  test('what exists, then what happens, each event once', async () => {
    write('w1')
    const watch = await server.watch(`${CONFIG_MAPS}?watch=true&fieldSelector=metadata.name=w1`)
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'w1' } } })
    relabel('w1', { a: '1' })
    server.registry.delete('ConfigMap', 'default/w1')
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { metadata: { labels: { a: '1' } } } })
    expect(await watch.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'w1' } } })
    watch.response.destroy()
  })

  test('objects come and go with the selector', async () => {
    const start = server.store.snapshot().resourceVersion
    write('s1', { app: 'x' })
    const watch = await server.watch(`${CONFIG_MAPS}?watch=true&labelSelector=app=y&resourceVersion=${start}`)
    relabel('s1', { app: 'y' })
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 's1' } } })
    relabel('s1', { app: 'z' })
    const gone = await watch.next()
    expect(gone).toMatchObject({ type: 'DELETED', object: { metadata: { labels: { app: 'y' } } } })
    expect(gone.object.metadata.resourceVersion).toBe(String(server.store.snapshot().resourceVersion))
    watch.response.destroy()
  })

  test('goes on where a list ended', async () => {
    const { body } = await server.call(CONFIG_MAPS)
    write('after1')
    const watch = await server.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=${body.metadata.resourceVersion}`)
    write('after2')
    expect((await watch.next()).object.metadata.name).toBe('after1')
    expect((await watch.next()).object.metadata.name).toBe('after2')
    watch.response.destroy()
  })

  test('the initial list ends with a bookmark', async () => {
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const watch = await server.watch(`/api/v1/namespaces?${query}`)
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'Namespace' } })
    const bookmark = await watch.next()
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Namespace', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
    expect(bookmark.object.metadata.resourceVersion).toBe(String(server.store.snapshot().resourceVersion))
    watch.response.destroy()
  })

  test('an expired version is told in the stream', async () => {
    for (let i = 0; i < 30; i++) relabel('after1', { i: String(i) })
    const watch = await server.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=1`)
    expect(await watch.next()).toMatchObject({
      type: 'ERROR',
      object: { kind: 'Status', code: 410, reason: 'Expired' },
    })
  })

  test('so is one that was never given: it is of another life of the network', async () => {
    const watch = await server.watch(`${CONFIG_MAPS}?watch=true&resourceVersion=999999999`)
    expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } })
  })

  test('a watch that allows bookmarks ends with one', async () => {
    const start = server.store.snapshot().resourceVersion
    const path = `/api/v1/namespaces?watch=true&allowWatchBookmarks=true&resourceVersion=${start}&timeoutSeconds=1`
    const watch = await server.watch(path)
    relabel('w0', { of: 'another kind' })
    write('w-bookmark')
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { resourceVersion: String(server.store.snapshot().resourceVersion) } },
    })
  })

  test('who does not read is cut off, and nobody else', { timeout: 30_000 }, async () => {
    const start = server.store.snapshot().resourceVersion
    const path = `${CONFIG_MAPS}?watch=true&resourceVersion=${start}&labelSelector=large`
    const [slow, reader] = [await server.watch(path), await server.watch(path)]
    const closed = once(slow.response.socket, 'close')
    slow.response.socket.pause()
    const text = 'x'.repeat(1024 * 1024)
    const large = { apiVersion: 'v1', kind: 'ConfigMap', data: { text } } as const
    for (let i = 0; i < 12; i++) {
      server.registry.create({
        ...large,
        metadata: { name: `large-${i}`, namespace: 'default', labels: { large: '' } },
      })
      expect((await reader.next()).object.metadata.name).toBe(`large-${i}`)
      server.registry.delete('ConfigMap', `default/large-${i}`)
      expect((await reader.next()).type).toBe('DELETED')
    }
    // The server has gone: the client sees it when it reads again.
    slow.response.resume()
    slow.response.on('error', () => undefined)
    await closed
    reader.response.destroy()
  })

  test('as tables: the columns come once', async () => {
    const watch = await server.call(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1`, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    const events = watch.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { object: { columnDefinitions: unknown } })
    expect(events.length).toBeGreaterThan(1)
    expect(events.map(({ object }) => object.columnDefinitions !== null)).toEqual([
      true,
      ...events.slice(1).map(() => false),
    ])
  })

  test.each([
    ['sendInitialEvents=true', 422],
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersion=abc', 400],
    ['timeoutSeconds=abc', 400],
  ])('refused: %s', async (query, code) => {
    expect((await server.call(`${CONFIG_MAPS}?watch=true&${query}`)).code).toBe(code)
  })
})

describe('events', () => {
  test('are listed, chosen by field, and counted', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'seen', namespace: 'default' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    } as const
    server.registry.create(pod)
    const path = '/api/v1/namespaces/default/events?fieldSelector=involvedObject.name=seen'
    const { body } = await server.call(path)
    expect(body.items).toMatchObject([{ reason: 'Scheduled', involvedObject: { kind: 'Pod', name: 'seen' }, count: 1 }])
    expect((await server.call(`${path},reason!=Scheduled`)).body.items).toEqual([])
    expect((await server.call('/api/v1/events?fieldSelector=colour=red')).code).toBe(400)
    const { name } = body.items[0]?.metadata ?? { name: '' }
    expect((await server.call(`/api/v1/namespaces/default/events/${name}`)).body.reason).toBe('Scheduled')
    expect((await server.call('/api/v1/namespaces/default/events/none')).code).toBe(404)
  })
})
