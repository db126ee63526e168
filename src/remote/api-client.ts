/** Requests to a Kubernetes API server, by HTTPS with what the kubeconfig says. */
import { Agent as HttpAgent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { readCredentials } from './server-access.ts'
import type { ServerAccess } from './kubeconfig.ts'

export interface ApiClient {
  /** The answer to `path`, whatever its status; its body is not read yet. Rejects where there is none. `accept`: JSON unless given. */
  get(path: string, signal: AbortSignal, accept?: string): Promise<IncomingMessage>
  /** The body of the answer, which must be a success: an ApiError otherwise. */
  write(message: Message): Promise<string>
  /** Of the server that would be asked now: another one counts its resourceVersions anew. */
  identity(): string
  close(): void
}

/** What is written. */
export interface Message {
  readonly method: 'POST' | 'PATCH'
  readonly path: string
  readonly contentType: string
  readonly body: string
}

/** The server answered, but not with what was asked for. */
export class ApiError extends Error {
  readonly status: number
  /** Seconds that the server wants to be left alone. */
  readonly retryAfter: number | undefined

  constructor(status: number, message: string, retryAfter?: number) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

const USER_AGENT = 'portolan'
/** Milliseconds until a server that says nothing at all counts as gone. */
const PATIENCE = 15_000

/** A request that has come to an end: of a watch, that it has begun. */
export interface Answered {
  /** With its port, where it has one. */
  readonly host: string
  readonly method: string
  /** Undefined where there was no answer. */
  readonly status: number | undefined
  readonly seconds: number
}

/** `access` is asked before each request: a kubeconfig and its files may be replaced at any time. */
export function createApiClient(
  access: () => ServerAccess,
  onAnswered: (answered: Answered) => void = () => undefined,
): ApiClient {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  const ask = async (opening: Opening, body?: string): Promise<IncomingMessage> => {
    const way = access()
    const { method } = opening
    const begin = performance.now()
    const tell = (status: number | undefined): void =>
      onAnswered({ host: new URL(way.server).host, method, status, seconds: (performance.now() - begin) / 1000 })
    try {
      const answer = await answerOf(open(way, opening, agents).end(body))
      tell(answer.statusCode)
      return answer
    } catch (error) {
      tell(undefined)
      throw error
    }
  }
  return {
    get: (path, signal, accept) => ask({ method: 'GET', path, signal, ...(accept === undefined ? {} : { accept }) }),
    async write({ method, path, contentType, body }) {
      return bodyOf(await ask({ method, path, contentType }, body))
    },
    identity() {
      const way = access()
      return JSON.stringify([way.server, readCredentials(way).authority])
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

interface Opening {
  readonly method: string
  readonly path: string
  readonly contentType?: string
  readonly accept?: string
  readonly signal?: AbortSignal
}

/** A request whose end is still to be written. */
function open(
  way: ServerAccess,
  { method, path, contentType, accept = 'application/json', signal }: Opening,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): ClientRequest {
  const { server, serverName, insecure } = way
  const { authority, certificate, key, authorization } = readCredentials(way)
  const url = `${server}${path}`
  const headers = {
    accept,
    'user-agent': USER_AGENT,
    ...(authorization === undefined ? {} : { authorization }),
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
  }
  const common = { method, headers, ...(signal === undefined ? {} : { signal }) }
  if (url.startsWith('http:')) return httpRequest(url, { ...common, agent: agents.http })
  return httpsRequest(url, {
    ...common,
    agent: agents.https,
    rejectUnauthorized: !insecure,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(authority === undefined ? {} : { ca: authority }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  })
}

function answerOf(pending: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => pending.destroy(new Error('the server does not answer')), PATIENCE)
    pending.once('response', (response) => {
      clearTimeout(timer)
      // A connection whose other end is gone without a word is noticed by the kernel's own probes.
      response.socket.setKeepAlive(true, 30_000)
      resolve(response)
    })
    pending.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
  })
}

/** The body of a successful answer. Throws an ApiError in the server's own words. */
export async function bodyOf(response: IncomingMessage): Promise<string> {
  const text = await readText(response)
  const { statusCode = 0, headers } = response
  if (statusCode === 200 || statusCode === 201) return text
  const retryAfter = Number(headers['retry-after'])
  throw new ApiError(statusCode, `${statusCode} ${messageOf(text)}`, retryAfter > 0 ? retryAfter : undefined)
}

function messageOf(text: string): string {
  try {
    const status: unknown = JSON.parse(text)
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message)
  } catch {
    // A proxy in between answers in words of its own.
  }
  return text.slice(0, 200).trim()
}
