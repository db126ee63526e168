/** A request to a port of a Pod or of a node, and its answer back. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import type { PodAccess } from '../context.ts'
import type { ProxyPath } from './proxy-path.ts'
import { addressOf, unavailable, type ProxyTarget } from './proxy-target.ts'
import { rewriteLinks, rewriteURL } from './rewrite-links.ts'

/** RFC 9110, 7.6.1: of one connection only. And what was meant for us, not for the Pod. */
const NOT_FORWARDED = new Set([
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** A longer page is passed on as it is. */
const LONGEST_PAGE = 4 * 1024 * 1024

/** A connection to the target, with TLS where the path says https: a Pod's certificate is its own business. */
async function connectTo(pods: PodAccess, { to, port }: ProxyTarget, scheme: ProxyPath['scheme']): Promise<Duplex> {
  try {
    const plain = await pods.connect(addressOf(to) ?? '', port)
    return scheme === 'https' ? tlsConnect({ socket: plain, rejectUnauthorized: false }) : plain
  } catch (error) {
    throw unavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function hostOf({ to, port }: ProxyTarget): string {
  return `${addressOf(to)}:${port}`
}

function forwardedHeaders({ headers, socket }: IncomingMessage, host: string): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name))
  return {
    ...Object.fromEntries(kept),
    host,
    // What is rewritten has to be read.
    'accept-encoding': 'identity',
    'x-forwarded-for': socket.remoteAddress ?? '',
    'x-forwarded-host': headers.host ?? '',
    'x-forwarded-proto': 'https',
  }
}

/** Rejects with a Refusal where the Pod cannot be reached. */
export async function forward(
  pods: PodAccess,
  target: ProxyTarget,
  path: ProxyPath,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const connection = await connectTo(pods, target, path.scheme)
  const host = hostOf(target)
  await new Promise<void>((resolve, reject) => {
    const sent = httpRequest(
      {
        createConnection: () => connection,
        ...(request.method !== undefined && { method: request.method }),
        path: path.rest,
        headers: forwardedHeaders(request, host),
        setHost: false,
      },
      (answer) => void answerWith(answer, { path, host, response }).then(resolve, reject),
    )
    sent.once('error', (error) => reject(unavailable(`error trying to reach service: ${error.message}`)))
    response.once('close', () => {
      connection.destroy()
      resolve()
    })
    request.pipe(sent)
  })
}

interface Answer {
  readonly path: ProxyPath
  readonly host: string
  readonly response: ServerResponse
}

async function answerWith(answer: IncomingMessage, { path, host, response }: Answer): Promise<void> {
  const { statusCode = 502, headers } = answer
  const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_FORWARDED.has(name)))
  if (headers.location !== undefined) kept['location'] = rewriteURL(headers.location, path.prefix, host)
  const isPage = headers['content-type']?.startsWith('text/html') === true && headers['content-encoding'] === undefined
  const page = isPage ? await readPage(answer) : undefined
  if (page?.isWhole === true) {
    const text = Buffer.from(rewriteLinks(page.bytes.toString('latin1'), path.prefix, host), 'latin1')
    const length = page.bytes.length === 0 ? {} : { 'content-length': text.length }
    response.writeHead(statusCode, { ...kept, ...length }).end(text)
    return
  }
  response.writeHead(statusCode, kept)
  response.flushHeaders()
  if (page !== undefined) response.write(page.bytes)
  answer.pipe(response)
}

/** The page, or its beginning where it is too long. */
async function readPage(answer: IncomingMessage): Promise<{ readonly bytes: Buffer; readonly isWhole: boolean }> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer)
    size += (chunk as Buffer).length
    if (size > LONGEST_PAGE) return { bytes: Buffer.concat(chunks), isWhole: false }
  }
  return { bytes: Buffer.concat(chunks), isWhole: true }
}

/** A WebSocket, or whatever else the client and the Pod agree on: the bytes as they are. */
export async function forwardUpgrade(
  pods: PodAccess,
  target: ProxyTarget,
  path: ProxyPath,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const connection = await connectTo(pods, target, path.scheme)
  const { 'accept-encoding': _, ...headers } = forwardedHeaders(request, hostOf(target))
  const upgrade = { ...headers, connection: 'Upgrade', upgrade: request.headers.upgrade }
  const lines = Object.entries(upgrade).flatMap(([name, value]) => [value ?? []].flat().map((one) => `${name}: ${one}`))
  connection.write(`${request.method} ${path.rest} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  if (head.length > 0) connection.write(head)
  const end = (): void => {
    connection.destroy()
    socket.destroy()
  }
  for (const side of [connection, socket]) side.once('error', end).once('close', end)
  connection.pipe(socket).pipe(connection)
}
