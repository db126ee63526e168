/** For tests: an API server on a port of its own, with a small network behind it. */
import { once } from 'node:events'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../src/model/cluster-config.ts'
import { createStore, type Store } from '../../src/store/store.ts'
import { createRegistry, type Registry } from '../../src/apiserver/registry.ts'
import { makeCertificates } from '../../src/apiserver/http/certificates.ts'
import type { PodAccess } from '../../src/apiserver/http/context.ts'
import { createEventRecorder } from '../../src/apiserver/http/events/recorder.ts'
import { createApiServer } from '../../src/apiserver/http/server.ts'
import { createWatchHistory } from '../../src/apiserver/http/watch-history.ts'

/** What tests look at in an answer, whatever its kind: what is not there is undefined all the same. */
export interface Body {
  readonly kind: string
  readonly reason: string
  readonly message: string
  readonly data?: object
  readonly metadata: {
    readonly name: string
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
  readonly status: { readonly allowed: boolean }
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
  call(path: string, call?: Call): Promise<Answer>
  /** The lines of a watch as they come. */
  watch(path: string): Promise<{ readonly response: IncomingMessage; next(): Promise<Event> }>
  readonly options: RequestOptions
  close(): void
}

const EMPTY = {} as Body

export const TOKEN = 'token-of-the-test'
/** 2026-01-01 00:00:00 UTC. */
export const NOW: number = Date.UTC(2026, 0, 1)

const NO_PODS: PodAccess = {
  logPath: () => '/nonexistent',
  run: () => {
    throw new Error('no Pods here')
  },
  connect: () => Promise.reject(new Error('no Pods here')),
}

export async function startTestServer(pods: PodAccess = NO_PODS, historySize?: number): Promise<TestServer> {
  let uids = 0
  const store = createStore({ now: () => NOW, uid: () => `uid-${++uids}` })
  const registry = createRegistry(store, parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig, {
    now: () => NOW,
  })
  const certificates = makeCertificates(['127.0.0.1', 'localhost'], Date.now())
  const history = createWatchHistory(store, historySize)
  const context = {
    store,
    registry,
    history,
    events: createEventRecorder(store, () => NOW),
    pods,
    now: () => NOW + 90_000,
  }
  const server = createApiServer({ certificates, token: TOKEN, names: ['127.0.0.1', 'localhost'], context })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const options = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca: certificates.authority,
    agent: false as const,
    // Some tests say that they want another host.
    checkServerIdentity: () => undefined,
  }
  registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } })
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
    options,
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
    close() {
      history.stop()
      server.closeAllConnections()
      server.close()
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
