import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NO_PODS, startTestServer, TOKEN, type TestServer } from '../../../../test/apiserver/test-server.ts'
import { makeAuthority, makeCertificates } from '../certificates.ts'
import { parseProxyPath } from './proxy-path.ts'
import { rewriteLinks } from './rewrite-links.ts'

describe('paths', () => {
  const core = '/api/v1/namespaces/ns'
  test.each([
    [`${core}/services/web:80/proxy/a%2Fb?x=1`, 'Service', 'http', 'web', '80', '/a%2Fb?x=1'],
    [`${core}/services/web/proxy`, 'Service', 'http', 'web', '', ''],
    [`${core}/services/web/proxy?x`, 'Service', 'http', 'web', '', ''],
    [`${core}/pods/https:p:443/proxy/`, 'Pod', 'https', 'p', '443', '/'],
    [`${core}/pods/https%3Ap%3A/proxy/`, 'Pod', 'https', 'p', '', '/'],
    ['/api/v1/nodes/node-1:10250/proxy/pods', 'Node', 'http', 'node-1', '10250', '/pods'],
  ])('%s', (url, kind, scheme, name, port, rest) => {
    expect(parseProxyPath(url)).toMatchObject({ kind, scheme, name, port, rest })
  })

  test.each([
    '/api/v1/services/web/proxy/',
    '/api/v1/namespaces/ns/nodes/n/proxy/',
    '/api/v1/namespaces/ns/services/ftp:web:80/proxy/',
    '/api/v1/namespaces/ns/services/a:b:c:d/proxy/',
    '/api/v1/namespaces/ns/services/%zz/proxy/',
    '/api/v1/namespaces/ns/services/web/status',
    '/api/v1/namespaces/ns/secrets/s/proxy/',
  ])('none: %s', (url) => {
    expect(parseProxyPath(url)).toBeUndefined()
  })
})

test.each([
  ['<a href="/x">', '<a href="/P/x">'],
  ["<img alt=1 src='/i.png'>", "<img alt=1 src='/P/i.png'>"],
  ['<form method=post action = "/go?a=1">', '<form method=post action = "/P/go?a=1">'],
  ['<a href="http://10.0.0.1:80/x">', '<a href="/P/x">'],
  ['<a href="http://10.0.0.1:80">', '<a href="/P/">'],
  ['<a href="//10.0.0.1:80/x">', '<a href="/P/x">'],
  ['<a href="relative">', '<a href="relative">'],
  ['<a href="//cdn.example/x">', '<a href="//cdn.example/x">'],
  ['<a href="https://example.com/">', '<a href="https://example.com/">'],
  ['<p title="/not/a/link">/text</p>', '<p title="/not/a/link">/text</p>'],
])('links: %s', (html, expected) => {
  expect(rewriteLinks(html, '/P', '10.0.0.1:80')).toBe(expected)
})

describe('through the server', () => {
  let server: TestServer
  let plain: Server
  let secure: Server
  beforeAll(async () => {
    const { certificate: cert, key } = makeCertificates(makeAuthority(Date.now()), ['127.0.0.1'], Date.now())
    const listen = async (made: Server): Promise<Server> => {
      await once(made.listen(0, '127.0.0.1'), 'listening')
      return made
    }
    plain = await listen(createServer(backEnd))
    plain.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    secure = await listen(createSecureServer({ cert, key }, backEnd))
    const portOf = (port: number): number => ((port === 443 ? secure : plain).address() as AddressInfo).port
    server = await startTestServer({
      pods: {
        ...NO_PODS,
        async connect(_pod, port) {
          if (port === 9) throw new Error('connect ECONNREFUSED 10.244.1.5:9')
          const socket = connect(portOf(port), '127.0.0.1')
          await once(socket, 'connect')
          return socket
        },
      },
    })
    for (const object of OBJECTS) server.store.create(object)
  })
  afterAll(async () => {
    await server.close()
    for (const made of [plain, secure]) made.close()
  })

  const get = (path: string, call = {}) => server.call(`/api/v1/namespaces/default/${path}`, call)

  test.each([
    ['services/web:80/proxy/a?b=c', 'GET /a?b=c at 10.244.1.5:8080'],
    ['services/web:http/proxy/', 'GET / at 10.244.1.5:8080'],
    ['services/web/proxy/a%2Fb//c', 'GET /a%2Fb//c at 10.244.1.5:8080'],
    ['services/https:web:80/proxy/', undefined],
    ['pods/web-1/proxy/x', 'GET /x at 10.244.1.5:8080'],
    ['pods/https:web-1:443/proxy/x', 'GET /x at 10.244.1.5:443'],
  ])('%s', async (path, expected) => {
    const { text, code } = await get(path)
    expect(code === 200 ? text : undefined).toBe(expected)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s passes, with its body', async (method) => {
    const { text } = await get('pods/web-1/proxy', { method, body: { some: 'body' } })
    expect(text).toBe(`${method} / at 10.244.1.5:8080 {"some":"body"}`)
  })

  test('a bare path is made one with a slash', async () => {
    const { code, headers } = await get('services/web:80/proxy?q=1')
    const location = '/api/v1/namespaces/default/services/web:80/proxy/?q=1'
    expect([code, headers.location]).toEqual([301, location])
  })

  test('the token stays here; redirects and pages lead through the proxy again', async () => {
    const prefix = '/api/v1/namespaces/default/services/web:80/proxy'
    expect((await get('services/web:80/proxy/authorization')).text).toContain('undefined')
    expect((await get('services/web:80/proxy/redirect')).headers.location).toBe(`${prefix}/elsewhere`)
    expect((await get('services/web:80/proxy/page')).text).toBe(`<a href="${prefix}/ü">`)
  })

  test.each([
    ['services/none/proxy/', 404, 'services "none" not found'],
    ['pods/none/proxy/', 404, 'pods "none" not found'],
    ['services/web:81/proxy/', 503, 'no service port "81" found'],
    ['services/empty/proxy/', 503, 'no endpoints available for service "empty"'],
    ['services/foreign/proxy/', 503, 'no endpoints available for service "foreign"'],
    ['pods/web-1:9/proxy/', 503, 'error trying to reach service: connect ECONNREFUSED'],
    ['pods/web-1:http/proxy/', 400, 'must be a number'],
    ['pods/web-1:70000/proxy/', 400, 'must be a number'],
  ])('refused: %s', async (path, code, message) => {
    const answer = await get(path)
    expect([answer.code, answer.body.message]).toEqual([code, expect.stringContaining(message)])
  })

  test('a node answers what is asked of its agent', async () => {
    expect((await server.call('/api/v1/nodes/n1/proxy/healthz')).text).toBe('ok')
    const { body } = await server.call('/api/v1/nodes/n1:10250/proxy/pods')
    expect(body.items.map(({ metadata }) => metadata.name)).toEqual(['web-1'])
    expect((await server.call('/api/v1/nodes/n2/proxy/pods')).code).toBe(404)
  })

  test.each([
    ['n1:10256/proxy/healthz', 200, 'GET /healthz at 192.168.1.100:10256'],
    ['https:n1:443/proxy/x', 200, 'GET /x at 192.168.1.100:443'],
    ['n1:9/proxy/', 503, 'error trying to reach service: connect ECONNREFUSED'],
    ['n1:name/proxy/', 400, 'must be a number'],
    ['n2:10256/proxy/healthz', 404, 'nodes \\"n2\\" not found'],
  ])('another port of a node: %s', async (path, code, text) => {
    const answer = await server.call(`/api/v1/nodes/${path}`)
    expect([answer.code, answer.text]).toEqual([code, expect.stringContaining(text)])
  })

  test('an upgrade is passed on', async () => {
    const path = '/api/v1/namespaces/default/pods/web-1/proxy/ws'
    const { host, port, ca } = server.options
    const sent = httpRequest({
      createConnection: () =>
        tlsConnect({ host: String(host), port: Number(port), ca, checkServerIdentity: () => undefined }),
      path,
      headers: { host: '127.0.0.1', authorization: `Bearer ${TOKEN}`, connection: 'Upgrade', upgrade: 'echo' },
    })
    sent.end()
    const [, socket] = await once(sent, 'upgrade')
    socket.write('hello')
    expect(String(await once(socket, 'data'))).toBe('hello')
    socket.destroy()
  })
})

const OBJECTS = [
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    status: { addresses: [{ type: 'InternalIP', address: '192.168.1.100' }] },
  },
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-1', namespace: 'default' },
    spec: { nodeName: 'n1', containers: [{ name: 'c', ports: [{ containerPort: 8080 }] }] },
    status: { phase: 'Running', podIP: '10.244.1.5' },
  },
  ...['web', 'empty', 'foreign'].map(
    (name) =>
      ({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: 'default' },
        spec: { ports: [{ name: 'http', port: 80 }] },
      }) as const,
  ),
  slice('web', ['10.244.1.5', '10.244.1.6']),
  slice('foreign', ['169.254.169.254']),
] as const

function slice(service: string, addresses: readonly string[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${service}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: address !== '10.244.1.6' },
      targetRef: { kind: 'Pod', name: 'web-1', namespace: 'default', uid: '' },
    })),
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  } as const
}

function backEnd(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '', headers } = request
  if (url === '/authorization') return void response.end(String(headers.authorization))
  if (url === '/redirect') return void response.writeHead(302, { location: '/elsewhere' }).end()
  if (url === '/page') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<a href="/ü">')
  let body = ''
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
  request.on('end', () => response.end([method, url, 'at', headers.host, ...(body === '' ? [] : [body])].join(' ')))
}
