/** For tests: an API server on a port of its own, with a small network behind it. */
import { once } from 'node:events'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../src/model/cluster-config.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { createRegistry, type Registry } from '../../src/apiserver/registry.ts'
import { makeCertificates, type Certificates } from '../../src/apiserver/http/certificates.ts'
import type { PodAccess } from '../../src/apiserver/http/context.ts'
import { createEventRecorder } from '../../src/apiserver/http/events/recorder.ts'
import { createApiServer } from '../../src/apiserver/http/server.ts'
import { createAuthenticator } from '../../src/apiserver/http/tokens/authenticate.ts'
import { makeJwtKey } from '../../src/apiserver/http/tokens/jwt.ts'
import { createServiceAccountTokens } from '../../src/apiserver/http/tokens/service-account-tokens.ts'
import { createWatchHistory } from '../../src/apiserver/http/watch-history.ts'

/** What tests look at in an answer, whatever its kind: what is not there is undefined all the same. */
export interface Body {
  readonly kind: string
  readonly reason: string
  readonly message: string
  readonly data?: object
  readonly count: number
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly resourceVersion: string
    readonly continue?: string
    readonly remainingItemCount?: number
    readonly ownerReferences?: object
    readonly managedFields?: readonly {
      readonly manager: string
      readonly operation: string
      readonly fieldsV1: object
    }[]
  }
  readonly spec: {
    readonly clusterIP: string
    readonly replicas: number
    readonly ports: readonly { readonly port: number; readonly nodePort: number }[]
  }
  readonly status: { readonly allowed: boolean; readonly token: string; readonly expirationTimestamp: string }
  readonly items: readonly Body[]
  readonly groups: readonly { readonly name: string }[]
  readonly resources: readonly { readonly name: string }[]
  readonly versions: readonly { readonly resources: readonly { readonly resource: string }[] }[]
  readonly components: { readonly schemas: object }
  readonly columnDefinitions: readonly { readonly name: string }[] | null
  readonly rows: readonly { readonly object: { readonly kind: string } | null }[]
}

export interface Event {
  readonly type: string
  readonly object: Body
}

export interface Answer {
  readonly code: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  /** The body as JSON. */
  readonly body: Body
}

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, a Buffer as it is. */
  readonly body?: unknown
}

export interface TestServer {
  readonly store: Store
  readonly registry: Registry
  /** Milliseconds since 1970; tests move it. */
  readonly clock: { now: number }
  call(path: string, call?: Call): Promise<Answer>
  /** The lines of a watch as they come. */
  watch(path: string): Promise<{ readonly response: IncomingMessage; next(): Promise<Event> }>
  readonly options: RequestOptions
  readonly certificates: Certificates
  readonly port: number
  /** Cuts off whoever is connected. */
  disconnectAll(): void
  /** Resolves when its port is free. */
  close(): Promise<void>
}

const EMPTY = {} as Body

export const ISSUER = 'https://kubernetes.default.svc.cluster.local'
export const TOKEN = 'token-of-the-test'
/** 2026-01-01 00:00:00 UTC. */
export const NOW: number = Date.UTC(2026, 0, 1)

/** Nothing runs. */
export const NO_PODS: PodAccess = {
  logPath: () => '/nonexistent',
  attach: () => {
    throw new Error('no Pods here')
  },
  logTimes: { timeOf: () => 0, offsetAt: () => 0 },
  run: () => {
    throw new Error('no Pods here')
  },
  connect: () => Promise.reject(new Error('no Pods here')),
  usage: async () => ({ milliseconds: 1, of: () => undefined }),
}

export interface TestServerOptions {
  readonly pods?: PodAccess
  /** How many events are kept for watches. */
  readonly historySize?: number
  /** A server that was closed: the new one has its objects, its port and its keys. */
  readonly former?: TestServer
}

export async function startTestServer(given: TestServerOptions = {}): Promise<TestServer> {
  const { pods = NO_PODS, historySize, former } = given
  let uids = 0
  const clock = { now: NOW + 90_000 }
  const restored = former === undefined ? {} : { restored: former.store.snapshot() }
  const store = createStore({
    now: () => NOW,
    uid: () => `uid-${++uids}`,
    ...restored,
  })
  const registry = createRegistry(store, parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig, {
    now: () => NOW,
  })
  const certificates = former?.certificates ?? makeCertificates(['127.0.0.1', 'localhost'], Date.now())
  const history = createWatchHistory(store, historySize)
  const tokens = createServiceAccountTokens({
    key: makeJwtKey(),
    issuer: ISSUER,
    snapshot: store.snapshot,
    now: () => clock.now,
  })
  const context = {
    store,
    registry,
    history,
    events: createEventRecorder(store, () => NOW),
    pods,
    tokens,
    authenticate: createAuthenticator(TOKEN, tokens),
    metrics: () => '',
    now: () => clock.now,
  }
  const server = createApiServer({ certificates, names: ['127.0.0.1', 'localhost'], context })
  // Those too that are still shaking hands.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server.listen(former?.port ?? 0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const options = {
    host: '127.0.0.1',
    port,
    ca: certificates.authority,
    agent: false as const,
    // Some tests say that they want another host.
    checkServerIdentity: () => undefined,
  }
  if (former === undefined) registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
  const open = (path: string, { method, headers, body }: Call): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
      const sent = httpsRequest(
        {
          ...options,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: {
            authorization: `Bearer ${TOKEN}`,
            ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
            ...headers,
          },
        },
        resolve,
      )
      sent.once('error', reject)
      sent.end(payload)
    })
  return {
    store,
    registry,
    clock,
    certificates,
    port,
    options,
    disconnectAll: () => sockets.forEach((socket) => socket.destroy()),
    async call(path, call = {}) {
      const response = await open(path, call)
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += String(chunk)
      const isJSON = response.headers['content-type']?.startsWith('application/json') === true
      return {
        code: response.statusCode ?? 0,
        headers: response.headers,
        text,
        body: isJSON && text.startsWith('{') && !text.includes('\n') ? (JSON.parse(text) as Body) : EMPTY,
      }
    },
    async watch(path) {
      const response = await open(path, {})
      const lines: AsyncIterator<string> = linesOf(response)[Symbol.asyncIterator]()
      return { response, next: async () => JSON.parse((await lines.next()).value as string) as Event }
    },
    async close() {
      history.stop()
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += String(chunk)
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    yield* lines
  }
}
