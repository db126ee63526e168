import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  ISSUER,
  NOW,
  startTestServer,
  TOKEN,
  type Answer,
  type TestServer,
} from '../../../../test/apiserver/test-server.ts'
import { makeJwtKey, readJwtKey } from './jwt.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  server.registry.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  })
})
afterAll(() => server.close())

const CORE = '/api/v1/namespaces/default'
const ACCOUNT = `${CORE}/serviceaccounts/robot`
const REVIEWS = '/apis/authentication.k8s.io/v1'
const request = (spec: object = {}, account = ACCOUNT): Promise<Answer> =>
  server.call(`${account}/token`, { body: { kind: 'TokenRequest', spec } })
const tokenFor = async (spec: object = {}, account = ACCOUNT): Promise<string> =>
  (await request(spec, account)).body.status.token
const ask = (token: string, path = ACCOUNT, body?: object): Promise<Answer> =>
  server.call(path, { headers: { authorization: `Bearer ${token}` }, ...(body && { body }) })
const review = async (token: string, ...audiences: readonly string[]): Promise<unknown> =>
  (await server.call(`${REVIEWS}/tokenreviews`, { body: { spec: { token, audiences } } })).body.status
const claimsOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown
const user = { username: 'system:serviceaccount:default:robot', uid: expect.stringMatching(/^uid-/) as unknown }
const pod = (name: string, serviceAccountName: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { serviceAccountName, containers: [{ name: 'c', image: 'i' }] },
  }) as const

test('fields that older clients send as null are absent', async () => {
  const { code } = await request({ audiences: null, expirationSeconds: null, boundObjectRef: null })
  expect(code).toBe(201)
})

test('a token says whose it is, for whom and until when', async () => {
  const { code, body } = await request()
  expect([code, body.kind, body.status.expirationTimestamp]).toEqual([201, 'TokenRequest', '2026-01-01T01:01:30Z'])
  expect(claimsOf(body.status.token)).toMatchObject({
    iss: ISSUER,
    aud: [ISSUER],
    sub: user.username,
    iat: NOW / 1000 + 90,
    exp: NOW / 1000 + 90 + 3600,
    'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'robot', uid: user.uid } },
  })
})

test('who comes with it is the ServiceAccount, in every kind of review', async () => {
  const token = await tokenFor()
  expect((await ask(token)).code).toBe(200)
  const groups = ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated']
  const self = await ask(token, `${REVIEWS}/selfsubjectreviews`, {})
  expect(self.body.status).toMatchObject({ userInfo: { ...user, groups } })
  expect(await review(token)).toMatchObject({ authenticated: true, audiences: [ISSUER], user: { ...user, groups } })
  expect(await review(TOKEN)).toMatchObject({ authenticated: true, user: { username: 'portolan' } })
})

test('a token for somebody else is none for the API server', async () => {
  const token = await tokenFor({ audiences: ['vault', 'bank'] })
  expect((await ask(token)).code).toBe(401)
  expect(await review(token)).toMatchObject({
    authenticated: false,
    error: expect.stringMatching(/target audiences/) as unknown,
  })
  expect(await review(token, 'vault', 'other')).toMatchObject({ authenticated: true, audiences: ['vault'] })
  expect(await review(TOKEN, 'vault')).toMatchObject({ authenticated: false })
})

describe('a token ends', () => {
  test('with its time', async () => {
    const token = await tokenFor({ expirationSeconds: 600 })
    const before = server.clock.now
    server.clock.now += 599_000
    expect((await ask(token)).code).toBe(200)
    server.clock.now += 1000
    expect((await ask(token)).code).toBe(401)
    expect(await review(token)).toEqual({ authenticated: false, error: 'service account token has expired' })
    server.clock.now = before
  })

  test('with the ServiceAccount, though another one of its name comes', async () => {
    const account = {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'short', namespace: 'default' },
    } as const
    server.registry.create(account)
    const token = await tokenFor({}, `${CORE}/serviceaccounts/short`)
    server.registry.delete('ServiceAccount', 'default/short')
    server.registry.create(account)
    expect((await ask(token)).code).toBe(401)
    expect(await review(token)).toMatchObject({ error: 'ServiceAccount default/short has been deleted' })
  })

  test.each(['Pod', 'Secret'] as const)('with the %s that it is bound to', async (kind) => {
    const metadata = { name: 'bound', namespace: 'default' }
    server.store.create(kind === 'Pod' ? pod('bound', 'robot') : { apiVersion: 'v1', kind, metadata })
    const token = await tokenFor({ boundObjectRef: { kind, apiVersion: 'v1', name: 'bound' } })
    expect((await ask(token)).code).toBe(200)
    server.store.remove(kind, 'default/bound')
    expect((await ask(token)).code).toBe(401)
  })
})

test.each([
  ['too short', { expirationSeconds: 60 }, 422, /Invalid value: 60: may not specify a duration less than 10 minutes$/],
  ['too long', { expirationSeconds: 2 ** 33 }, 422, /may not specify a duration larger than 2\^32 seconds$/],
  ['no number', { expirationSeconds: 'x' }, 400, /spec.expirationSeconds must be a whole number/],
  ['no list', { audiences: 'x' }, 400, /spec.audiences must be a list of texts/],
  ['another kind', { boundObjectRef: { kind: 'Service', name: 'x' } }, 400, /cannot bind token to object of type v1/],
  ['a missing Pod', { boundObjectRef: { kind: 'Pod', name: 'x' } }, 404, /pods "x" not found/],
  ["another's Pod", { boundObjectRef: { kind: 'Pod', name: 'other' } }, 400, /different serviceaccount name/],
  ['another uid', { boundObjectRef: { kind: 'Pod', name: 'same', uid: 'x' } }, 409, /does not match the UID in record/],
])('refused: %s', async (_name, spec, wanted, message) => {
  for (const one of [pod('other', 'default'), pod('same', 'robot')]) {
    if (server.store.snapshot().objects.Pod.get(`default/${one.metadata.name}`) === undefined) server.store.create(one)
  }
  const { code, body } = await request(spec)
  expect([code, body.message]).toEqual([wanted, expect.stringMatching(message)])
})

test('no ServiceAccount, no token; and only POST makes one', async () => {
  expect((await request({}, `${CORE}/serviceaccounts/nobody`)).code).toBe(404)
  expect((await server.call(`${ACCOUNT}/token`)).code).toBe(405)
})

test('tokens of other keys, without a signature or changed are none', async () => {
  const token = await tokenFor()
  const [head = '', body = '', signature = ''] = token.split('.')
  const foreign = readJwtKey(makeJwtKey()).sign(claimsOf(token) as Readonly<Record<string, unknown>>)
  const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url')
  const changed = Buffer.from(JSON.stringify({ ...(claimsOf(token) as object), exp: 9e9 })).toString('base64url')
  for (const bad of [
    foreign,
    `${none}.${body}.`,
    `${head}.${body}.`,
    `${head}.${changed}.${signature}`,
    `${token}.x`,
    'x',
  ]) {
    expect([bad, (await ask(bad)).code]).toEqual([bad, 401])
    expect(await review(bad)).toEqual({ authenticated: false, error: 'invalid bearer token' })
  }
})
