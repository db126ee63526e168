/** For tests: a client of an API server, its answers as they are. */
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'

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

export interface Watch {
  readonly response: IncomingMessage
  next(): Promise<Event>
}

export interface ApiClient {
  call(path: string, call?: Call): Promise<Answer>
  /** The lines of a watch as they come. */
  watch(path: string): Promise<Watch>
}

const EMPTY = {} as Body

/** `options`: where the server is, and whom it is signed by. */
export function createApiClient(options: RequestOptions, token: string): ApiClient {
  const open = (path: string, { method, headers, body }: Call): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
      const sent = httpsRequest(
        {
          ...options,
          path,
          method: method ?? (body === undefined ? 'GET' : 'POST'),
          headers: {
            authorization: `Bearer ${token}`,
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
