import { request, type IncomingMessage } from 'node:http'
import { connect as startTls } from 'node:tls'
import { KUBERNETES_VERSION } from '../../api/version.ts'
import { codeOf, dialFailure, hostAndPort, type Target } from './dial.ts'
import type { ProbeOutcome } from './probe.ts'

export interface HttpTarget extends Target {
  readonly scheme: 'HTTP' | 'HTTPS'
  /** With its query. */
  readonly path: string
  readonly headers: readonly { readonly name: string; readonly value: string }[]
}

const MOST_REDIRECTS = 10
/** A larger answer is not read to its end. */
const MOST_BYTES = 10 * 1024

/** Passes with a status from 200 to 399. Redirects are followed on the same host; one to elsewhere counts as passed. */
export function probeHttpGet(target: HttpTarget): Promise<ProbeOutcome> {
  return follow(target, urlOf(target), performance.now() + target.timeout, 0)
}

function urlOf({ scheme, address, port, path }: HttpTarget): URL {
  const base = `${scheme.toLowerCase()}://${hostAndPort(address, port)}`
  return new URL(path.startsWith('/') ? `${base}${path}` : `${base}/${path}`)
}

async function follow(target: HttpTarget, url: URL, deadline: number, redirects: number): Promise<ProbeOutcome> {
  const got = await get(target, url, Math.max(1, deadline - performance.now()))
  if (typeof got === 'string') return { passed: false, message: `Get ${JSON.stringify(url.href)}: ${got}` }
  const { status, location } = got
  const next = status >= 300 && status < 400 && location !== undefined ? parseURL(location, url) : undefined
  if (next !== undefined && next.hostname === url.hostname) {
    if (redirects === MOST_REDIRECTS) return { passed: false, message: `stopped after ${MOST_REDIRECTS} redirects` }
    return follow(target, next, deadline, redirects + 1)
  }
  if (status >= 200 && status < 400) return { passed: true, message: '' }
  return { passed: false, message: `HTTP probe failed with statuscode: ${status}` }
}

function parseURL(location: string, base: URL): URL | undefined {
  try {
    return new URL(location, base)
  } catch {
    return undefined
  }
}

interface Answer {
  readonly status: number
  readonly location?: string
}

/** The answer, or why there is none. */
function get(target: HttpTarget, url: URL, timeout: number): Promise<Answer | string> {
  const secure = url.protocol === 'https:'
  const at = { address: target.address, port: Number(url.port || (secure ? 443 : 80)) }
  return new Promise((resolve) => {
    let isConnected = false
    const socket = target.connect(at.address, at.port)
    socket.once('connect', () => (isConnected = true))
    const call = request({
      createConnection: () => (secure ? startTls({ socket, rejectUnauthorized: false }) : socket),
      path: `${url.pathname}${url.search}`,
      headers: headersOf(target, url),
      setHost: false,
    })
    const finish = (found: Answer | string): void => {
      clearTimeout(timer)
      resolve(found)
      call.destroy()
      socket.destroy()
    }
    const timer = setTimeout(() => {
      finish('context deadline exceeded (Client.Timeout exceeded while awaiting headers)')
    }, timeout)
    call.once('response', (response) => read(response, finish))
    call.on('error', (error) => finish(isConnected ? wordOf(error) : dialFailure(at, error)))
    socket.on('error', (error) => finish(isConnected ? wordOf(error) : dialFailure(at, error)))
    call.end()
  })
}

function read(response: IncomingMessage, finish: (answer: Answer) => void): void {
  const { statusCode: status = 0, headers } = response
  const answer = { status, ...(headers.location !== undefined && { location: headers.location }) }
  let left = MOST_BYTES
  response.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) finish(answer)
  })
  response.once('close', () => finish(answer))
}

function wordOf(error: Error): string {
  const code = codeOf(error)
  if (code === 'ECONNRESET') return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer'
  return code.startsWith('HPE_') ? `malformed HTTP response: ${error.message}` : error.message
}

/** Those of the probe replace the usual ones; an empty value takes one out. */
function headersOf({ headers }: HttpTarget, url: URL): Record<string, string | string[]> {
  const [major = '', minor = ''] = KUBERNETES_VERSION.replace(/^v/, '').split('.')
  const found: Record<string, string | string[]> = {
    host: url.host,
    'user-agent': `kube-probe/${major}.${minor}`,
    accept: '*/*',
  }
  const given = new Map<string, string[]>()
  for (const { name, value } of headers) {
    const key = name.toLowerCase()
    given.set(key, [...(given.get(key) ?? []), value])
  }
  for (const [name, values] of given) {
    if (values.join('') === '') delete found[name]
    else found[name] = name === 'host' ? values.slice(0, 1).join('') : values
  }
  return found
}
