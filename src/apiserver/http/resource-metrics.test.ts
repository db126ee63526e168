import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_PODS, startTestServer, type TestServer } from '../../../test/apiserver/test-server.ts'

const pod = (name: string, nodeName: string, namespace = 'default') =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: { nodeName, containers: [{ name: 'a' }, { name: 'b' }] },
  }) as const
const USED: Readonly<Record<string, { readonly cpu: number; readonly memory: number }>> = {
  'default/one a': { cpu: 0.25, memory: 2 ** 20 },
  'default/one b': { cpu: 0.5, memory: 2 ** 21 },
  'other/two a': { cpu: 1, memory: 2 ** 22 },
}

let server: TestServer
let readings = 0
beforeAll(async () => {
  const usage = async () => {
    readings++
    return { milliseconds: 500, of: (key: string, container: string) => USED[`${key} ${container}`] }
  }
  server = await startTestServer({ pods: { ...NO_PODS, usage } })
  for (const name of ['n1', 'n2']) server.store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name } })
  for (const one of [pod('one', 'n1'), pod('two', 'n1', 'other'), pod('ended', 'n2')]) server.store.create(one)
})
afterAll(() => server.close())

const ROOT = '/apis/metrics.k8s.io/v1beta1'
const names = async (path: string): Promise<readonly string[]> =>
  (await server.call(`${ROOT}/${path}`)).body.items.map(({ metadata }) => metadata.name)

test('a Pod: its containers that run', async () => {
  const { body } = await server.call(`${ROOT}/namespaces/default/pods/one`)
  expect(body).toMatchObject({
    kind: 'PodMetrics',
    window: '500ms',
    containers: [
      { name: 'a', usage: { cpu: '250000000n', memory: '1024Ki' } },
      { name: 'b', usage: { cpu: '500000000n', memory: '2048Ki' } },
    ],
  })
})

test('a node: the sum of its Pods', async () => {
  const { body } = await server.call(`${ROOT}/nodes`)
  expect(body).toMatchObject({
    kind: 'NodeMetricsList',
    items: [
      { metadata: { name: 'n1' }, usage: { cpu: '1750000000n', memory: '7168Ki' } },
      { metadata: { name: 'n2' }, usage: { cpu: '0n', memory: '0Ki' } },
    ],
  })
})

test('lists: of a namespace, of all, by label; without Pods of which nothing runs', async () => {
  expect(await names('pods')).toEqual(['one', 'two'])
  expect(await names('namespaces/other/pods')).toEqual(['two'])
  expect(await names('pods?labelSelector=app%3Done')).toEqual(['one'])
})

test('what is not there, and what cannot be done; nothing is measured for it, nor for any other request', async () => {
  const { code, body } = await server.call(`${ROOT}/namespaces/default/pods/ended`)
  expect([code, body.message]).toEqual([404, 'podmetrics.metrics.k8s.io "default/ended" not found'])
  const before = readings
  expect((await server.call(`${ROOT}/nodes`, { body: {} })).code).toBe(405)
  expect((await server.call(`${ROOT}/namespaces/default/nodes`)).code).toBe(404)
  expect((await server.call(ROOT)).body.resources.map(({ name }) => name)).toEqual(['nodes', 'pods'])
  await server.call('/api/v1/pods')
  expect(readings).toBe(before)
})
