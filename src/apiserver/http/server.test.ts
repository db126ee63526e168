import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../../test/apiserver/test-server.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

const SERVICES = '/api/v1/namespaces/default/services'
const service = (name: string, extra: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, labels: { app: name } },
  spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }], ...extra },
})
const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
})

describe('who may come in', () => {
  test.each([
    ['without a token', { authorization: '' }, 401],
    ['with another token', { authorization: 'Bearer other' }, 401],
    ['with the token in another scheme', { authorization: 'Basic token-of-the-test' }, 401],
    ['for another host', { host: 'evil.example:6443' }, 403],
    ['from a web page', { origin: 'https://evil.example' }, 403],
    ['as it should be', { host: 'localhost:1' }, 200],
  ])('%s', async (_what, headers, code) => {
    const answer = await server.call('/healthz', { headers })
    expect(answer.code).toBe(code)
    if (code !== 200) expect(answer.body).toMatchObject({ kind: 'Status', code })
  })

  test('a client that speaks no HTTP does no harm', async () => {
    const socket = connect({ ...(server.options as object), host: '127.0.0.1', port: Number(server.options.port) })
    socket.write('not http at all\r\n\r\n')
    await new Promise((resolve) =>
      socket
        .on('error', () => undefined)
        .once('close', resolve)
        .resume(),
    )
    expect((await server.call('/readyz')).text).toBe('ok')
  })

  test('a body that is too long is refused', async () => {
    const answer = await server.call(SERVICES, { body: Buffer.alloc(4 * 1024 * 1024, 0x20) })
    expect(answer.code).toBe(413)
  })
})

describe('what is served', () => {
  test.each([
    '/healthz',
    '/livez',
    '/readyz',
    '/version',
    '/api',
    '/apis',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/api/v1',
    '/openapi/v3/apis/apps/v1',
  ])('%s', async (path) => {
    expect((await server.call(path)).code).toBe(200)
  })

  test.each([
    '/',
    '/apis/batch/v2',
    '/api/v1/widgets',
    '/api/v1/namespaces/default/pods/x/nothing',
    '/apis/apps/v1/jobs',
  ])('%s is not there', async (path) => {
    const { code, body } = await server.call(path)
    expect([code, body.reason]).toEqual([404, 'NotFound'])
  })

  test('aggregated discovery has what the plain one has', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'
    const { headers, body } = await server.call('/apis', { headers: { accept } })
    expect(headers['content-type']).toContain('as=APIGroupDiscoveryList')
    const plain = await server.call('/apis')

    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(plain.body.groups.map(({ name }) => name))
    const apps = body.items.find((item) => item.metadata.name === 'apps')
    const list = await server.call('/apis/apps/v1')
    const top = list.body.resources.filter(({ name }) => !name.includes('/'))
    expect(apps?.versions[0]?.resources.map(({ resource }) => resource)).toEqual(top.map(({ name }) => name))
  })

  test('a group of several versions: the stable one is preferred, each has its own resources', async () => {
    const { body } = await server.call('/apis/authentication.k8s.io')
    expect(body).toMatchObject({
      versions: [{ version: 'v1' }, { version: 'v1beta1' }, { version: 'v1alpha1' }],
      preferredVersion: { version: 'v1' },
    })
    const older = await server.call('/apis/authentication.k8s.io/v1beta1')
    expect(older.body.resources.map(({ name }) => name)).toEqual(['selfsubjectreviews'])
    expect((await server.call('/apis/authentication.k8s.io/v2')).code).toBe(404)
  })

  test('every reference of an OpenAPI document leads somewhere', async () => {
    for (const path of ['/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1', '/openapi/v3/apis/discovery.k8s.io/v1']) {
      const { text, body } = await server.call(path)
      const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name)
      expect(references.length).toBeGreaterThan(10)
      for (const name of references) expect(body.components.schemas).toHaveProperty([name])
    }
  })
})

describe('writes', () => {
  test('create, get, replace, delete', async () => {
    const created = await server.call(SERVICES, { body: service('one') })
    expect([created.code, created.body.spec.clusterIP]).toEqual([201, expect.stringMatching(/^10\./)])
    expect((await server.call(SERVICES, { body: service('one') })).body.reason).toBe('AlreadyExists')
    const got = await server.call(`${SERVICES}/one`)
    expect(got.body).toEqual(created.body)
    const changed = { ...got.body, spec: { ...got.body.spec, type: 'NodePort' } }
    const replaced = await server.call(`${SERVICES}/one`, { method: 'PUT', body: changed })
    expect(replaced.body.spec.ports[0]?.nodePort).toBeGreaterThan(30000)
    expect((await server.call(`${SERVICES}/one`, { method: 'PUT', body: changed })).body.reason).toBe('Conflict')
    const deleted = await server.call(`${SERVICES}/one`, {
      method: 'DELETE',
      body: { propagationPolicy: 'Background' },
    })
    expect([deleted.code, deleted.body.kind]).toEqual([200, 'Service'])
    expect((await server.call(`${SERVICES}/one`)).code).toBe(404)
  })

  test.each([
    ['application/merge-patch+json', { spec: { ports: [{ port: 81 }] } }, [81]],
    ['application/strategic-merge-patch+json', { spec: { ports: [{ name: 'b', port: 82 }] } }, [82, 80]],
    ['application/json-patch+json', [{ op: 'replace', path: '/spec/ports/0/port', value: 83 }], [83]],
  ])('patch: %s', async (type, patch, ports) => {
    await server.call(SERVICES, { body: service('patched', { ports: [{ name: 'a', port: 80 }] }) })
    const { code, body } = await server.call(`${SERVICES}/patched`, {
      method: 'PATCH',
      body: patch,
      headers: { 'content-type': type },
    })
    expect([code, body.spec.ports.map(({ port }) => port).toSorted((a: number, b: number) => b - a)]).toEqual([
      200,
      ports,
    ])
    await server.call(`${SERVICES}/patched`, { method: 'DELETE' })
  })

  test.each<readonly [string, string, object, number, RegExp]>([
    [
      "a name that is not the path's",
      `${SERVICES}/other`,
      { method: 'PUT', body: service('one') },
      400,
      /does not match the name on the URL/,
    ],
    [
      "a kind that is not the path's",
      SERVICES,
      { body: { ...service('one'), kind: 'Pod' } },
      400,
      /must be of type Service/,
    ],
    [
      'an unknown content type',
      SERVICES,
      { body: service('one'), headers: { 'content-type': 'text/csv' } },
      415,
      /accepted media types/,
    ],
    ['no JSON', SERVICES, { body: Buffer.from('{') }, 400, /not JSON/],
    [
      'unknown fields, strictly',
      `${SERVICES}?fieldValidation=Strict`,
      { body: service('one', { port: 1 }) },
      400,
      /strict decoding error: unknown field "spec.port"/,
    ],
    [
      'an unknown patch',
      `${SERVICES}/x`,
      { method: 'PATCH', body: {}, headers: { 'content-type': 'application/json' } },
      404,
      /not found/,
    ],
    [
      'a namespace that is not there',
      '/api/v1/namespaces/none/services',
      { body: service('one') },
      404,
      /namespaces "none" not found/,
    ],
    ['a dry run of another kind', `${SERVICES}?dryRun=Some`, { body: service('one') }, 400, /supported values/],
    ['DELETE of what is not there', `${SERVICES}/none`, { method: 'DELETE' }, 404, /services "none" not found/],
    ['POST to a name', `${SERVICES}/one`, { body: service('one') }, 405, /does not allow this method/],
  ])('refused: %s', async (_what, path, call, code, message) => {
    const answer = await server.call(path, call)
    expect([answer.code, answer.body.message]).toEqual([code, expect.stringMatching(message)])
  })

  test.each([
    [
      '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
      'networking.k8s.io/v1',
      'Ingress',
      { loadBalancer: {} },
    ],
    ['/api/v1/namespaces/default/persistentvolumeclaims', 'v1', 'PersistentVolumeClaim', { phase: 'Pending' }],
    ['/api/v1/namespaces/default/resourcequotas', 'v1', 'ResourceQuota', undefined],
  ])('%s: the status of a new object is not what its writer says', async (path, apiVersion, kind, status) => {
    const given = {
      apiVersion,
      kind,
      metadata: { name: 'new' },
      spec: {},
      status: { phase: 'Bound', used: { pods: '1' } },
    }
    const { code, body } = await server.call(path, { body: given })
    expect([code, body.status]).toEqual([201, status])
  })

  test('unknown fields are dropped, and told about unless that is not wanted', async () => {
    const warned = await server.call(`${SERVICES}?dryRun=All`, { body: service('one', { port: 1 }) })
    expect(warned.headers['warning']).toBe('299 - "unknown field \\"spec.port\\""')
    expect(warned.body.spec).not.toHaveProperty('port')
    const ignored = await server.call(`${SERVICES}?dryRun=All&fieldValidation=Ignore`, {
      body: service('one', { port: 1 }),
    })
    expect(ignored.headers['warning']).toBeUndefined()
    expect((await server.call(`${SERVICES}/one`)).code).toBe(404)
  })

  test('preconditions and propagation of a delete', async () => {
    const { body } = await server.call(SERVICES, { body: service('kept') })
    const conflict = await server.call(`${SERVICES}/kept`, {
      method: 'DELETE',
      body: { preconditions: { uid: 'other' } },
    })
    expect(conflict.body.reason).toBe('Conflict')
    const owned = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: 'owned',
        ownerReferences: [
          { apiVersion: 'v1', kind: 'Service', name: 'kept', uid: body.metadata.uid, controller: true },
        ],
      },
    }
    await server.call('/api/v1/namespaces/default/configmaps', { body: owned })
    await server.call(`${SERVICES}/kept`, { method: 'DELETE', body: { propagationPolicy: 'Orphan' } })
    const orphan = await server.call('/api/v1/namespaces/default/configmaps/owned')
    expect(orphan.body.metadata.ownerReferences).toBeUndefined()
  })

  test('scale: get, patch, and a number that is refused', async () => {
    const path = '/apis/apps/v1/namespaces/default/deployments'
    await server.call(path, { body: deployment('scaled') })
    const scale = await server.call(`${path}/scaled/scale`)
    expect(scale.body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 }, status: { selector: 'app=scaled' } })
    const patch = (replicas: number): Parameters<TestServer['call']>[1] => ({
      method: 'PATCH',
      body: { spec: { replicas } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect((await server.call(`${path}/scaled/scale`, patch(5))).body.spec.replicas).toBe(5)
    expect((await server.call(`${path}/scaled`)).body.spec.replicas).toBe(5)
    expect((await server.call(`${path}/scaled/scale`, patch(-1))).body.reason).toBe('Invalid')
    expect((await server.call(`${SERVICES}/kubernetes/scale`)).code).toBe(404)
  })

  test('a collection is deleted by label', async () => {
    for (const name of ['c1', 'c2', 'c3']) await server.call(SERVICES, { body: service(name) })
    const { body } = await server.call(`${SERVICES}?labelSelector=${encodeURIComponent('app in (c1,c2)')}`, {
      method: 'DELETE',
    })
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['c1', 'c2'])
    expect((await server.call(`${SERVICES}/c1`)).code).toBe(404)
    expect((await server.call(`${SERVICES}/c3`)).code).toBe(200)
  })

  test('generateName and a review', async () => {
    const { body } = await server.call(SERVICES, { body: { ...service(''), metadata: { generateName: 'gen-' } } })
    expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/)
    const review = await server.call('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: { kind: 'SelfSubjectAccessReview', spec: {} },
    })
    expect(review.body.status.allowed).toBe(true)
  })

  test.each([
    ['authorization.k8s.io/v1/selfsubjectrulesreviews', { resourceRules: [{ verbs: ['*'] }], incomplete: false }],
    ['authorization.k8s.io/v1/subjectaccessreviews', { allowed: true }],
    ['authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews', { allowed: true }],
    ['authentication.k8s.io/v1/selfsubjectreviews', { userInfo: { username: 'portolan' } }],
    ['authentication.k8s.io/v1beta1/selfsubjectreviews', { userInfo: { username: 'portolan' } }],
    ['authentication.k8s.io/v1alpha1/selfsubjectreviews', { userInfo: { username: 'portolan' } }],
  ])('%s', async (path, status) => {
    const { code, body } = await server.call(`/apis/${path}`, { body: { spec: {} } })
    expect(code).toBe(201)
    expect(body.status).toMatchObject(status)
    expect((await server.call(`/apis/${path}`)).code).toBe(405)
  })

  test.each([
    ['/apis/storage.k8s.io/v1/namespaces/default/csinodes', 'csinodes of storage.k8s.io/v1 is not'],
    ['/api/v1/podtemplates/x', 'podtemplates of v1 is not'],
    ['/metrics/x', /^the server could not find the requested resource$/],
  ])('not served: %s', async (path, message) => {
    const { code, body } = await server.call(path)
    expect([code, body.reason]).toEqual([404, 'NotFound'])
    expect(body.message).toMatch(message)
  })

  test.each(['/api/v1/replicationcontrollers', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'])(
    'an empty list: %s',
    async (path) => {
      const { body } = await server.call(path)
      expect([body.kind.endsWith('List'), body.items]).toEqual([true, []])
      expect((await server.call(path, { body: {} })).code).toBe(501)
      const watch = await server.watch(`${path}?watch=true&sendInitialEvents=true`)
      expect((await watch.next()).type).toBe('BOOKMARK')
      watch.response.destroy()
    },
  )

  test('nobody can act as somebody else', async () => {
    const { code } = await server.call(SERVICES, { headers: { 'impersonate-user': 'bob' } })
    expect(code).toBe(403)
  })

  test('a dry run of status, scale, binding, eviction and deletes changes nothing', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    await server.call(pods, {
      body: { kind: 'Pod', metadata: { name: 'dry' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    })
    server.store.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })
    await server.call('/apis/apps/v1/namespaces/default/deployments', { body: deployment('dry') })
    const { resourceVersion } = server.store.snapshot()
    const merge = { 'content-type': 'application/merge-patch+json' }
    const calls: readonly (readonly [string, Parameters<TestServer['call']>[1]])[] = [
      [`${pods}/dry/status`, { method: 'PATCH', headers: merge, body: { status: { message: 'm' } } }],
      [`${pods}/dry/binding`, { body: { kind: 'Binding', target: { name: 'n' } } }],
      [`${pods}/dry/eviction`, { body: { kind: 'Eviction', metadata: { name: 'dry' } } }],
      [`${pods}/dry`, { method: 'DELETE' }],
      [pods, { method: 'DELETE' }],
      [
        '/apis/apps/v1/namespaces/default/deployments/dry/scale',
        { method: 'PATCH', headers: merge, body: { spec: { replicas: 9 } } },
      ],
      [pods, { body: { kind: 'Pod', metadata: { name: 'other' }, spec: { containers: [{ name: 'c', image: 'i' }] } } }],
    ]
    for (const [path, call] of calls) {
      const { code } = await server.call(`${path}?dryRun=All`, call)
      expect([path, [200, 201].includes(code)]).toEqual([path, true])
    }
    expect(server.store.snapshot().resourceVersion).toBe(resourceVersion)
  })

  test('an evicted Pod says so', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
    await server.call(pods, { body: { kind: 'Pod', metadata: { name: 'leaving' }, spec } })
    await server.call(`${pods}/leaving/eviction`, { body: { kind: 'Eviction', metadata: { name: 'leaving' } } })
    const pod = server.store.snapshot().objects.Pod.get('default/leaving')
    expect(pod?.metadata.deletionTimestamp).toBeDefined()
    expect(pod?.status?.conditions).toMatchObject([
      { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' },
    ])
  })
})

test('who writes a Secret as text owns it as data', async () => {
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'text' }, stringData: { password: 'p' } }
  const { body } = await server.call('/api/v1/namespaces/default/secrets?fieldManager=kubectl-create', { body: secret })
  expect(body).toMatchObject({
    metadata: { managedFields: [{ manager: 'kubectl-create', fieldsV1: { 'f:data': {}, 'f:type': {} } }] },
  })
  expect(JSON.stringify(body)).not.toContain('stringData')
})
