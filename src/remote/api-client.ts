/** GET requests to a Kubernetes API server, by HTTPS with what the kubeconfig says. */
import { Agent as HttpAgent, type ClientRequest, get as httpGet, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, get as httpsGet } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { readCredentials, type Credentials } from './server-access.ts'
import type { ServerAccess } from './kubeconfig.ts'

export interface ApiClient {
  /** The answer to `path`, whatever its status; its body is not read yet. Rejects where there is none. */
  get(path: string, signal: AbortSignal): Promise<IncomingMessage>
  /** Of the server that would be asked now: another one counts its resourceVersions anew. */
  identity(): string
  close(): void
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

/** `access` is asked before each request: a kubeconfig and its files may be replaced at any time. */
export function createApiClient(access: () => ServerAccess): ApiClient {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) }
  return {
    async get(path, signal) {
      const way = access()
      return answerOf(request(way, readCredentials(way), path, signal, agents))
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

function request(
  { server, serverName, insecure }: ServerAccess,
  { authority, certificate, key, authorization }: Credentials,
  path: string,
  signal: AbortSignal,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): ClientRequest {
  const url = `${server}${path}`
  const headers = {
    accept: 'application/json',
    'user-agent': USER_AGENT,
    ...(authorization === undefined ? {} : { authorization }),
  }
  if (url.startsWith('http:')) return httpGet(url, { agent: agents.http, headers, signal })
  return httpsGet(url, {
    agent: agents.https,
    headers,
    signal,
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
  if (statusCode === 200) return text
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
