/** The informer of @kubernetes/client-node, as its users write it, against our server. */
import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  type Informer,
  type ObjectCache,
  type V1ConfigMap,
} from '@kubernetes/client-node'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTestServer, TOKEN, type TestServer } from '../apiserver/test-server.ts'

const PATH = '/api/v1/namespaces/default/configmaps'

let server: TestServer
let informer: Informer<V1ConfigMap> & ObjectCache<V1ConfigMap>
let heard: string[]
beforeEach(async () => {
  server = await startTestServer({ historySize: 10 })
  write('first')
  heard = []
  informer = watchConfigMaps()
  await informer.start()
  await until(() => heard.includes('add first'))
})
afterEach(async () => {
  await informer.stop()
  await server.close()
})

function watchConfigMaps(): typeof informer {
  const { port, certificates } = server
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    {
      name: 'c',
      server: `https://127.0.0.1:${port}`,
      caData: Buffer.from(certificates.authority).toString('base64'),
      skipTLSVerify: false,
    },
    { name: 'u', token: TOKEN },
  )
  const api = config.makeApiClient(CoreV1Api)
  const made = makeInformer(config, PATH, () => api.listNamespacedConfigMap({ namespace: 'default' }))
  for (const verb of ['add', 'update', 'delete'] as const) {
    made.on(verb, ({ metadata, data }) => heard.push([verb, metadata?.name, ...Object.values(data ?? {})].join(' ')))
  }
  // Its own words: an informer stops at an error, and is to be started again.
  made.on('error', () => void setTimeout(() => void made.start().catch(() => undefined), 10))
  return made
}

function write(name: string): void {
  server.registry.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })
}

function change(name: string, text: string): void {
  server.registry.mergePatch('ConfigMap', `default/${name}`, { data: { text } })
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const known = (): string[] => informer.list().map(({ metadata }) => metadata?.name ?? '')

test('it hears what is added, changed and deleted, and holds what is there', async () => {
  write('second')
  change('first', 'one')
  server.registry.delete('ConfigMap', 'default/second')
  await until(() => heard.includes('delete second'))
  expect(heard).toEqual(['add first', 'add second', 'update first one', 'delete second'])
  expect(known()).toEqual(['first'])
})

test('a watch that is cut off goes on where it was', async () => {
  server.disconnectAll()
  write('meanwhile')
  await until(() => heard.includes('add meanwhile'))
  change('first', 'afterwards')
  await until(() => heard.includes('update first afterwards'))
  expect(heard).toEqual(['add first', 'add meanwhile', 'update first afterwards'])
})

test('after 410 it lists anew, and hears of what it missed', async () => {
  write('goes')
  await until(() => heard.includes('add goes'))
  server.disconnectAll()
  server.registry.delete('ConfigMap', 'default/goes')
  write('comes')
  // More than the server remembers.
  for (let i = 0; i < 30; i++) change('first', String(i))
  await until(() => heard.includes('add comes') && heard.includes('update first 29') && heard.includes('delete goes'))
  expect(known().toSorted()).toEqual(['comes', 'first'])
})

test('after a restart of the server it goes on', async () => {
  const former = server
  await former.close()
  server = await startTestServer({ historySize: 10, former })
  write('after-restart')
  await until(() => heard.includes('add after-restart'))
  change('first', 'again')
  await until(() => heard.includes('update first again'))
  expect(known().toSorted()).toEqual(['after-restart', 'first'])
})
