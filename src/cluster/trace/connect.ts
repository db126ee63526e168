import type { Connection } from '../../explain/trace/observation.ts'
import { libc } from '../../host/libc.ts'
import { inNamespace, type NetworkNamespace } from '../../host/namespaces.ts'
import {
  CLOEXEC,
  EAGAIN,
  EINPROGRESS,
  encodeSocketAddress,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  NONBLOCK,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../../host/relay-socket.ts'
import { formatIPv4 } from '../../lib/ip.ts'

export interface ConnectRequest {
  readonly address: string
  readonly port: number
}

export interface ConnectOptions {
  readonly protocol: 'TCP' | 'UDP'
  readonly send: Uint8Array | undefined
  /** Milliseconds for the connection, and then for the first byte. */
  readonly patience: { readonly connect: number; readonly answer: number }
}

const [SOL_SOCKET, SO_ERROR] = [1, 4]
const MOST_BYTES = 2048
const EALREADY = 114
const EISCONN = 106

/** A socket on its way. */
interface Attempt {
  readonly request: ConnectRequest
  readonly fd: number
  readonly target: Uint8Array
  state: 'connecting' | 'waiting' | 'done'
  errno: string | null
  milliseconds: number
  firstByte: number | null
  bytes: string
  closed: boolean
  source: string | null
  sourcePort: number | null
}

/** All at once from one namespace, each with a socket of its own. Never rejects. */
export function connectAll(
  namespace: NetworkNamespace,
  requests: readonly ConnectRequest[],
  options: ConnectOptions,
): Promise<readonly Connection[]> {
  const start = performance.now()
  const attempts = requests.map((request) => begin(namespace, request, options))
  const last = options.patience.connect + options.patience.answer
  return new Promise((resolve) => {
    const look = (): void => {
      const elapsed = performance.now() - start
      for (const attempt of attempts) step(attempt, elapsed, options)
      if (attempts.every(({ state }) => state === 'done')) return resolve(attempts.map(finish))
      // The first look is at once, so that a millisecond can be told from ten.
      if (elapsed < 3) setImmediate(look)
      else setTimeout(look, elapsed < last ? 2 : 0)
    }
    look()
  })
}

function begin(namespace: NetworkNamespace, request: ConnectRequest, { protocol }: ConnectOptions): Attempt {
  const { socket, connect, errno, errorName } = libc()
  const target = encodeSocketAddress(request)
  const type = (protocol === 'TCP' ? SOCK_STREAM : SOCK_DGRAM) | NONBLOCK | CLOEXEC
  const fd = inNamespace(namespace, () => socket(target[0] ?? 2, type, 0))
  const attempt: Attempt = {
    request,
    fd,
    target,
    state: 'connecting',
    errno: null,
    milliseconds: 0,
    firstByte: null,
    bytes: '',
    closed: false,
    source: null,
    sourcePort: null,
  }
  const failed = fd < 0 || connect(fd, target, target.length) !== 0
  const error = failed ? errno() : 0
  if (failed && (fd < 0 || error !== EINPROGRESS)) {
    attempt.errno = errorName(error)
    attempt.state = 'done'
  }
  if (fd >= 0) Object.assign(attempt, ownAddress(fd))
  return attempt
}

function step(attempt: Attempt, elapsed: number, options: ConnectOptions): void {
  const { patience, send, protocol } = options
  if (attempt.state === 'connecting' && isConnected(attempt)) {
    attempt.milliseconds = elapsed
    attempt.state = attempt.errno === null ? 'waiting' : 'done'
    if (attempt.state === 'waiting' && send !== undefined) libc().send(attempt.fd, send, send.length, MSG_NOSIGNAL)
  }
  if (attempt.state === 'waiting') readAnswer(attempt, elapsed, protocol)
  if (attempt.state === 'connecting' && elapsed > patience.connect) {
    attempt.errno = 'ETIMEDOUT'
    attempt.milliseconds = elapsed
    attempt.state = 'done'
  } else if (attempt.state === 'waiting' && elapsed - attempt.milliseconds > patience.answer) attempt.state = 'done'
}

/** A second `connect` says how the first one went: nothing has to be polled. */
function isConnected(attempt: Attempt): boolean {
  const { connect, errno, errorName, getsockopt } = libc()
  const error = new Int32Array(1)
  getsockopt(attempt.fd, SOL_SOCKET, SO_ERROR, error, new Uint32Array([4]))
  if ((error[0] ?? 0) !== 0) {
    attempt.errno = errorName(error[0] ?? 0)
    return true
  }
  if (connect(attempt.fd, attempt.target, attempt.target.length) === 0) return true
  const code = errno()
  if (code === EALREADY || code === EINPROGRESS) return false
  if (code !== EISCONN) attempt.errno = errorName(code)
  return true
}

function readAnswer(attempt: Attempt, elapsed: number, protocol: 'TCP' | 'UDP'): void {
  const { recv, errno, errorName } = libc()
  const buffer = new Uint8Array(MOST_BYTES)
  const length = recv(attempt.fd, buffer, buffer.length, MSG_DONTWAIT)
  if (length < 0) {
    const code = errno()
    if (code === EAGAIN) return
    // An answer by ICMP: of a datagram it is the first news, of a connection it is a reset.
    if (protocol === 'UDP') {
      attempt.errno = errorName(code)
      attempt.milliseconds = elapsed
    }
    attempt.closed = true
    attempt.state = 'done'
    return
  }
  if (length === 0 && protocol === 'TCP') attempt.closed = true
  if (length > 0) {
    attempt.firstByte = elapsed - attempt.milliseconds
    attempt.bytes = Buffer.from(buffer.subarray(0, length)).toString('latin1')
  }
  attempt.state = 'done'
}

/** The address of IPv4 only. */
function ownAddress(fd: number): Pick<Attempt, 'source' | 'sourcePort'> {
  const bytes = new Uint8Array(28)
  if (libc().getsockname(fd, bytes, new Uint32Array([bytes.length])) !== 0) return { source: null, sourcePort: null }
  const view = new DataView(bytes.buffer)
  return { source: bytes[0] === 2 ? formatIPv4(view.getUint32(4)) : null, sourcePort: view.getUint16(2) }
}

function finish({
  request,
  fd,
  errno,
  milliseconds,
  firstByte,
  bytes,
  closed,
  source,
  sourcePort,
}: Attempt): Connection {
  if (fd >= 0) libc().close(fd)
  const { address, port } = request
  return {
    address,
    port,
    errno,
    milliseconds: round(milliseconds),
    firstByte: firstByte === null ? null : round(firstByte),
    bytes,
    closed,
    source,
    sourcePort,
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
