import { hostAndPort } from '../../lib/ip.ts'
import type { Identity } from './protocol.ts'

/** One request, and the connection that it came by. Addresses are text without a zone or an IPv4-mapped prefix. */
export interface StandInRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly accept: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly localAddress: string
  readonly localPort: number
  readonly sourceAddress: string
  readonly sourcePort: number
}

export interface StandInAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Milliseconds to wait before the answer. */
  readonly delay?: number
}

/** Longest `/delay`, in milliseconds. */
export const LONGEST_DELAY = 60_000

const TEXT = 'text/plain; charset=utf-8'
const text = (body: string, status = 200): StandInAnswer => ({ status, contentType: TEXT, body })

function whoAnswered(identity: Identity, request: StandInRequest): string {
  const { namespace, pod, container, node, image, podIP } = identity
  return `Portolan stand-in for image ${image === '' ? '(none)' : image}
Pod        ${namespace}/${pod}
container  ${container}
node       ${node}
Pod IP     ${podIP}
answered   ${hostAndPort(request.localAddress, request.localPort)}
source     ${hostAndPort(request.sourceAddress, request.sourcePort)}
request    ${request.method} ${request.url}
`
}

function whoAnsweredJSON(identity: Identity, request: StandInRequest): StandInAnswer {
  const { method, url, localAddress, localPort, sourceAddress, sourcePort } = request
  const answer = { standIn: true, ...identity, localAddress, localPort, sourceAddress, sourcePort, method, path: url }
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(answer)}\n` }
}

function headerLines(headers: StandInRequest['headers']): string {
  const lines = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((item) => `${name}: ${item}\n`),
  )
  return lines.join('')
}

/** What a stand-in answers; `/echo` is not here, since its body is the request's. */
export function answer(identity: Identity, request: StandInRequest): StandInAnswer {
  const { url } = request
  const queryAt = url.indexOf('?')
  const path = queryAt < 0 ? url : url.slice(0, queryAt)
  const query = queryAt < 0 ? '' : url.slice(queryAt + 1)
  // In any letter case: Kubernetes' own tests ask for /hostName.
  if (path.toLowerCase() === '/hostname') return text(`${identity.hostname}\n`)
  if (path === '/clientip') return text(`${hostAndPort(request.sourceAddress, request.sourcePort)}\n`)
  if (path === '/healthz') return text('ok\n')
  if (path === '/headers') return text(headerLines(request.headers))
  if (path.startsWith('/status/')) {
    const status = /^\/status\/([2-5]\d\d)$/.exec(path)?.[1]
    if (status === undefined) return text('the status must be 200 to 599, as in /status/503\n', 400)
    return text(`${status}\n`, Number(status))
  }
  const wantsJSON = request.accept.includes('application/json') || (query !== '' && isJSONFormat(query))
  const who = wantsJSON ? whoAnsweredJSON(identity, request) : text(whoAnswered(identity, request))
  if (path !== '/delay') return who
  const ms = Number(new URLSearchParams(query).get('ms') ?? 0)
  if (!Number.isFinite(ms) || ms < 0) return text('ms must be a number, as in /delay?ms=500\n', 400)
  return { ...who, delay: Math.min(ms, LONGEST_DELAY) }
}

const isJSONFormat = (query: string): boolean => new URLSearchParams(query).get('format') === 'json'

/** The one line for a client that speaks no HTTP, also the answer to a datagram. */
export function lineFor(identity: Identity, local: string, source: string): string {
  return `pod/${identity.pod} node/${identity.node} ${local} from ${source}`
}
