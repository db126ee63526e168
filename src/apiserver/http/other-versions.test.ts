import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeProtobuf } from '../../../test/apiserver/protobuf.ts'
import { startTestServer, type TestServer } from '../../../test/apiserver/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const path = (version: string, name = ''): string =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers${name}`
const autoscaler = (name: string, version: string, spec: object = {}): Record<string, unknown> => ({
  apiVersion: `autoscaling/${version}`,
  kind: 'HorizontalPodAutoscaler',
  metadata: { name },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, ...spec },
})
const cpu = (averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const protobuf = { headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } }

test('what is written in one version is read in both', async () => {
  const made = await server.call(path('v1'), { body: autoscaler('a', 'v1', { targetCPUUtilizationPercentage: 60 }) })
  expect(made).toMatchObject({
    code: 201,
    body: { apiVersion: 'autoscaling/v1', spec: { minReplicas: 1, targetCPUUtilizationPercentage: 60 } },
  })
  expect((await server.call(path('v2', '/a'))).body).toMatchObject({
    apiVersion: 'autoscaling/v2',
    spec: { metrics: [cpu(60)] },
  })
  await server.call(path('v2'), { body: autoscaler('b', 'v2') })
  const { body } = await server.call(path('v1'))
  expect(body).toMatchObject({
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscalerList',
    items: [{ metadata: { name: 'a' } }, { spec: { targetCPUUtilizationPercentage: 80 } }],
  })
})

test('typed Go clients write either version as protobuf', async () => {
  const [one, two] = [
    autoscaler('p1', 'v1', { targetCPUUtilizationPercentage: 20 }),
    autoscaler('p2', 'v2', { metrics: [cpu(30)] }),
  ]
  expect(await server.call(path('v1'), { body: encodeProtobuf(one), ...protobuf })).toMatchObject({ code: 201 })
  expect(await server.call(path('v2'), { body: encodeProtobuf(two), ...protobuf })).toMatchObject({ code: 201 })
  const { body } = await server.call(path('v2'))
  expect(body.items.slice(-2)).toMatchObject([{ spec: { metrics: [cpu(20)] } }, { spec: { metrics: [cpu(30)] } }])
})

test.each([
  ['application/merge-patch+json', { spec: { targetCPUUtilizationPercentage: 70 } }],
  ['application/strategic-merge-patch+json', { spec: { targetCPUUtilizationPercentage: 71 } }],
  ['application/json-patch+json', [{ op: 'replace', path: '/spec/targetCPUUtilizationPercentage', value: 72 }]],
  ['application/apply-patch+yaml', autoscaler('c', 'v1', { targetCPUUtilizationPercentage: 73 })],
])('%s of the other version', async (type, body) => {
  await server.call(path('v2'), { body: autoscaler('c', 'v2') })
  const query = '?fieldManager=test&force=true'
  const headers = { 'content-type': type }
  const answer = await server.call(`${path('v1', '/c')}${query}`, { method: 'PATCH', headers, body })
  expect(answer.body).toMatchObject({ apiVersion: 'autoscaling/v1' })
  const [percentage] = /7\d/.exec(JSON.stringify(body)) ?? []
  expect((await server.call(path('v2', '/c'))).body).toMatchObject({ spec: { metrics: [cpu(Number(percentage))] } })
})

test.each<readonly [string, object, string, string]>([
  ['the fields of the other version', { metrics: [] }, '?fieldValidation=Strict', 'unknown field "spec.metrics"'],
  [
    'fields of a wrong type',
    { targetCPUUtilizationPercentage: 'x' },
    '',
    'spec.targetCPUUtilizationPercentage: Invalid',
  ],
])('refused: %s', async (_what, spec, query, message) => {
  const answer = await server.call(`${path('v1')}${query}`, { body: autoscaler('d', 'v1', spec) })
  expect(answer).toMatchObject({ code: 400, body: { message: expect.stringContaining(message) } })
})

test('a watch shows its own version', async () => {
  const query = '?watch=true&fieldSelector=metadata.name%3Dw'
  const watches = await Promise.all(['v1', 'v2'].map((version) => server.watch(`${path(version)}${query}`)))
  await server.call(path('v2'), { body: autoscaler('w', 'v2') })
  const events = await Promise.all(watches.map((watch) => watch.next()))
  expect(events).toMatchObject(
    ['v1', 'v2'].map((version) => ({ type: 'ADDED', object: { apiVersion: `autoscaling/${version}` } })),
  )
  for (const { response } of watches) response.destroy()
})

test('version 2 is the preferred one', async () => {
  const { body } = await server.call('/apis/autoscaling')
  expect(body).toMatchObject({ versions: [{ version: 'v2' }, { version: 'v1' }], preferredVersion: { version: 'v2' } })
  const { components } = (await server.call('/openapi/v3/apis/autoscaling/v1')).body
  expect(components.schemas).toMatchObject({
    V1HorizontalPodAutoscaler: {
      'x-kubernetes-group-version-kind': [{ group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' }],
    },
  })
})
