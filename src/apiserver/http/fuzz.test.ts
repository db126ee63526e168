import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../test/apiserver/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

/** Ten times as many with PORTOLAN_LONG. */
const RUNS = process.env['PORTOLAN_LONG'] === undefined ? 300 : 20_000

const plurals = ['services', 'pods', 'configmaps', 'endpoints', 'secrets', 'events', 'nodes', 'namespaces', 'widgets']
const segment = fc.oneof(
  fc.constantFrom('default', 'x', 'status', 'scale', 'log', 'binding', 'eviction', '%2e%2e', '%', ''),
  fc.string({ maxLength: 5 }).map(encodeURIComponent),
)
const path = fc
  .tuple(
    fc.constantFrom('/api/v1', '/apis/apps/v1', '/apis', '/openapi/v3', ''),
    fc.constantFrom('', '/namespaces/default'),
    fc.constantFrom(...plurals, 'deployments'),
    fc.array(segment, { maxLength: 3 }),
  )
  .map(([root, scope, plural, rest]) => [`${root}${scope}/${plural}`, ...rest].join('/'))
const query = fc.dictionary(
  fc.constantFrom(
    'watch',
    'limit',
    'continue',
    'labelSelector',
    'fieldSelector',
    'resourceVersion',
    'resourceVersionMatch',
    'sendInitialEvents',
    'dryRun',
    'fieldValidation',
    'fieldManager',
    'force',
    'includeObject',
    'tailLines',
    'follow',
    'container',
  ),
  fc.oneof(
    fc.constantFrom('true', '1', '-1', 'All', 'a=b', 'a in (b)', 'metadata.name=x', 'NotOlderThan', 'Strict', 'm'),
    fc.string({ maxLength: 8 }),
  ),
  { maxKeys: 3 },
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<unknown>(null, true, 0, -1, 80, 70000, 1.5, '', 'x', 'ClusterIP', 'None', '10.96.0.1'),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(
    fc.constantFrom(
      'metadata',
      'spec',
      'status',
      'ports',
      'port',
      'targetPort',
      'selector',
      'labels',
      'annotations',
      'finalizers',
      'ownerReferences',
      'managedFields',
      'name',
      'containers',
      'data',
      'template',
      'replicas',
      '$patch',
      '$setElementOrder/ports',
      '$retainKeys',
      '$deleteFromPrimitiveList/finalizers',
      '__proto__',
      'op',
      'path',
      'value',
    ),
    tie('value'),
    { maxKeys: 5 },
  ),
}))
const body = fc.oneof(
  json.object.map((object) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Service',
      ...(object as object),
      metadata: { name: 'x', ...(object as { metadata?: object }).metadata },
    }),
  ),
  json.value.map((value) => JSON.stringify(value) ?? ''),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.concat([Buffer.from('k8s\0'), bytes])),
  fc.string({ maxLength: 20 }),
)
const contentType = fc.constantFrom(
  'application/json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/json-patch+json',
  'application/apply-patch+yaml',
  'application/vnd.kubernetes.protobuf',
  'text/plain',
  '',
)
const accept = fc.constantFrom('application/json', 'application/json;as=Table;v=v1;g=meta.k8s.io', '*/*', ';;;')

test('whatever comes, it is answered, and the server goes on', async () => {
  await server.call('/api/v1/namespaces/default/services', {
    body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec: { ports: [{ port: 80 }] } },
  })
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'),
    path,
    query,
    body,
    contentType,
    accept,
  })
  await fc.assert(
    fc.asyncProperty(request, async (given) => {
      const parameters = new URLSearchParams({ ...given.query, timeoutSeconds: '0.0' })
      const answer = await server.call(`${given.path}?${parameters.toString()}`, {
        method: given.method,
        headers: { 'content-type': given.contentType, accept: given.accept },
        ...(given.method === 'GET' || given.method === 'HEAD' ? {} : { body: Buffer.from(given.body) }),
      })
      // 500 is Kubernetes' own answer where one number is given to two ports; 501 says what is absent.
      expect([answer.code, answer.code < 500 ? '' : answer.text]).toEqual([
        expect.any(Number),
        expect.not.stringMatching(/TypeError|Cannot|undefined|is not/),
      ])
    }),
    { numRuns: RUNS },
  )
  expect((await server.call('/readyz')).text).toBe('ok')
}, 600_000)
