/** Requests that become WebSockets: exec and portforward. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Container, Pod } from '../../../api/core.ts'
import type { Status } from '../../../api/status.ts'
import type { ApiContext, RunningCommand } from '../context.ts'
import { badRequest, failureStatus, noSuchPath, Refusal } from '../failures.ts'
import type { Guard } from '../guard.ts'
import { forwardUpgrade } from '../proxy/forward.ts'
import { parseProxyPath } from '../proxy/proxy-path.ts'
import { chooseTarget } from '../proxy/serve-proxy.ts'
import { storedObject } from '../reads.ts'
import { parseResourcePath } from '../request-path.ts'
import { connectionLink, webSocketLink, type Link } from './link.ts'
import { PORT_FORWARD_PROTOCOL, servePortForward, TUNNEL_PROTOCOL } from './port-forward.ts'
import { errorStatus, finish, serveRemoteCommand } from './remote-command.ts'
import { serveSpdyCommand, SPDY_COMMAND_PROTOCOL, type SpdyCommand } from './spdy-command.ts'

const COMMAND_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io']
const MAXIMUM_MESSAGE = 1024 * 1024

/** What to do with the client once it is connected, in either of two ways. */
interface Prepared {
  readonly webSocket: Offer<WebSocket>
  readonly spdy: Offer<Link>
}

interface Offer<T> {
  readonly protocols: readonly string[]
  readonly serve: (client: T) => void
}

/** Answers an upgrade: with a WebSocket, with SPDY, or with a Status and the end of the connection. */
export function createUpgradeHandler(
  context: ApiContext,
  guard: Guard,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const acceptWebSocket = createWebSocketHandshake()
  return (request, socket, head) => {
    socket.on('error', () => undefined)
    const admitted = guard(request)
    if ('refusal' in admitted) return reject(socket, admitted.refusal)
    const fail = (error: unknown): void => {
      const message = error instanceof Error ? error.message : String(error)
      reject(socket, error instanceof Refusal ? error.status : failureStatus(500, 'InternalError', message))
    }
    try {
      const proxied = parseProxyPath(request.url ?? '/')
      if (proxied !== undefined) {
        const path = proxied.rest === '' ? { ...proxied, rest: '/' } : proxied
        forwardUpgrade(context.pods, chooseTarget(context, path), path, request, socket, head).catch(fail)
        return
      }
      const { webSocket, spdy } = prepare(context, request)
      const wanted = request.headers.upgrade?.toLowerCase()
      if (wanted === 'websocket') acceptWebSocket(request, socket, head, webSocket)
      else if (wanted === 'spdy/3.1') acceptSpdy(request, socket, head, spdy)
      else throw badRequest(`upgrade to ${JSON.stringify(wanted)} is not known: use WebSocket or SPDY/3.1`)
    } catch (error) {
      fail(error)
    }
  }
}

function createWebSocketHandshake(): (
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  offer: Offer<WebSocket>,
) => void {
  const handshake = new WebSocketServer({ noServer: true, maxPayload: MAXIMUM_MESSAGE })
  const chosen = new WeakMap<IncomingMessage, string>()
  handshake.on('headers', (headers, request) => headers.push(`Sec-WebSocket-Protocol: ${chosen.get(request)}`))
  return (request, socket, head, { protocols, serve }) => {
    chosen.set(request, chooseProtocol(request.headers['sec-websocket-protocol'], protocols))
    // `ws` takes no name with a slash, which port-forward's has: the answer is written here.
    delete request.headers['sec-websocket-protocol']
    handshake.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => undefined)
      serve(client)
    })
  }
}

function acceptSpdy(request: IncomingMessage, socket: Duplex, head: Buffer, { protocols, serve }: Offer<Link>): void {
  const offered = request.headers['x-stream-protocol-version']
  const protocol = chooseProtocol(Array.isArray(offered) ? offered.join(',') : offered, protocols)
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: SPDY/3.1']
  socket.write(`${[...lines, `X-Stream-Protocol-Version: ${protocol}`].join('\r\n')}\r\n\r\n`)
  if (head.length > 0) socket.unshift(head)
  serve(connectionLink(socket))
}

/** The first of `known` that the client offers. */
function chooseProtocol(header: string | undefined, known: readonly string[]): string {
  const offered = (header ?? '').split(',').map((name) => name.trim())
  const found = known.find((name) => offered.includes(name))
  if (found === undefined) throw badRequest(`none of the offered protocols is known: use ${known.join(' or ')}`)
  return found
}

function reject(socket: Duplex, status: Status): void {
  const body = JSON.stringify({ metadata: {}, ...status })
  const head = [
    `HTTP/1.1 ${status.code} ${STATUS_CODES[status.code] ?? ''}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** Throws a Refusal where there is nothing to connect to. */
function prepare(context: ApiContext, request: IncomingMessage): Prepared {
  const url = new URL(request.url ?? '/', 'https://kubernetes')
  const path = parseResourcePath(url.pathname)
  if (path?.kind !== 'Pod' || path.subresource === undefined) throw noSuchPath()
  const pod = storedObject(context.store.snapshot(), path)
  if (pod.kind !== 'Pod') throw noSuchPath()
  switch (path.subresource) {
    case 'exec':
      return prepareCommand(context, pod, url.searchParams)
    case 'portforward':
      return preparePortForward(context, pod)
    case 'attach':
      return prepareAttach(context, pod, url.searchParams)
    default:
      throw noSuchPath()
  }
}

function preparePortForward({ pods }: ApiContext, pod: Pod): Prepared {
  const { metadata, status } = pod
  if (status?.phase !== 'Running') {
    const phase = status?.phase ?? 'Pending'
    throw badRequest(`unable to forward port because pod ${metadata.name} is not running. Current status=${phase}`)
  }
  const serve = (link: Link): void => servePortForward(link, (port) => pods.connect(pod.status?.podIP ?? '', port))
  return {
    webSocket: { protocols: [TUNNEL_PROTOCOL], serve: (socket) => serve(webSocketLink(socket)) },
    spdy: { protocols: [PORT_FORWARD_PROTOCOL], serve },
  }
}

function prepareCommand({ pods }: ApiContext, pod: Pod, query: URLSearchParams): Prepared {
  const { name: container } = containerOf(pod, query.get('container') ?? '')
  const command = query.getAll('command')
  if (command.length === 0) throw badRequest('you must specify at least one command for the container')
  const wants = wishes(query)
  return connecting(wants, () => pods.run({ pod, container, command, stdin: wants.stdin, tty: wants.tty }))
}

/** Whether there is a terminal is the container's own affair. */
function prepareAttach({ pods }: ApiContext, pod: Pod, query: URLSearchParams): Prepared {
  const container = containerOf(pod, query.get('container') ?? '')
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
  const status = statuses.find(({ name }) => name === container.name)
  if (status?.state.running === undefined) {
    throw badRequest(`container ${container.name} not found in pod ${pod.metadata.name}: it does not run`)
  }
  const wants = { ...wishes(query), tty: container.tty === true }
  return connecting(wants, () => pods.attach({ pod, container, run: status.restartCount, stdin: wants.stdin }))
}

function wishes(query: URLSearchParams): SpdyCommand['wants'] {
  const given = (option: string): boolean => query.get(option) === 'true' || query.get(option) === '1'
  return { stdin: given('stdin'), tty: given('tty'), stdout: given('stdout'), stderr: given('stderr') }
}

function connecting(wants: SpdyCommand['wants'], start: () => RunningCommand): Prepared {
  return {
    webSocket: {
      protocols: COMMAND_PROTOCOLS,
      serve(socket) {
        try {
          serveRemoteCommand(socket, start())
        } catch (error) {
          finish(socket, errorStatus(error instanceof Error ? error.message : String(error)))
        }
      },
    },
    spdy: { protocols: [SPDY_COMMAND_PROTOCOL], serve: (link) => serveSpdyCommand(link, { wants, start }) },
  }
}

/** Sidecars are among the init containers. */
function containerOf({ metadata, spec }: Pod, wanted: string): Container {
  const [first, ...others] = spec.containers
  if (wanted === '' && first !== undefined) {
    if (others.length === 0) return first
    const names = spec.containers.map(({ name }) => name).join(' ')
    throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names}]`)
  }
  const found = [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === wanted)
  if (found === undefined) throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`)
  return found
}
