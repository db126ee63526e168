/** The health protocol of gRPC, without a library: one message there and one back over HTTP/2. */
import { connect as startHttp2, constants, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { KUBERNETES_VERSION } from '../../api/version.ts'
import { dialFailure, hostAndPort, type Target } from './dial.ts'
import type { ProbeOutcome } from './probe.ts'

/** By number, as HealthCheckResponse has them. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const UNIMPLEMENTED = 12
const MOST_BYTES = 64 * 1024

/** Passes when the server says that `service` is SERVING. */
export function probeGrpc(target: Target, service: string): Promise<ProbeOutcome> {
  const where = hostAndPort(target.address, target.port)
  return new Promise((resolve) => {
    let isConnected = false
    const socket = target.connect(target.address, target.port)
    const session = startHttp2(`http://${where}`, { createConnection: () => socket })
    const finish = (message: string | undefined): void => {
      clearTimeout(timer)
      session.destroy()
      socket.destroy()
      resolve({ passed: message === undefined, message: message ?? '' })
    }
    const seconds = `${target.timeout / 1000}s`
    const timer = setTimeout(() => {
      finish(
        isConnected
          ? `timeout: health rpc did not complete within ${seconds}`
          : `timeout: failed to connect service "${where}" within ${seconds}: context deadline exceeded`,
      )
    }, target.timeout)
    const refuse = (error: Error): void => {
      const why = isConnected ? error.message : `connection error: desc = "transport: ${dialFailure(target, error)}"`
      finish(`error: failed to connect service at "${where}": ${why}`)
    }
    socket.once('connect', () => (isConnected = true))
    socket.on('error', refuse)
    session.on('error', refuse)
    check(session, where, service, finish, refuse)
  })
}

function check(
  session: ClientHttp2Session,
  where: string,
  service: string,
  finish: (message: string | undefined) => void,
  refuse: (error: Error) => void,
): void {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
    [constants.HTTP2_HEADER_AUTHORITY]: where,
    'content-type': 'application/grpc',
    'user-agent': `kube-probe/${KUBERNETES_VERSION}`,
    te: 'trailers',
  })
  const chunks: Buffer[] = []
  let left = MOST_BYTES
  let headers: IncomingHttpHeaders = {}
  // Where there is no body, gRPC's own status comes with the headers.
  stream.on('response', (received) => (headers = { ...headers, ...received }))
  stream.on('trailers', (received: IncomingHttpHeaders) => (headers = { ...headers, ...received }))
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left >= 0) chunks.push(chunk)
  })
  stream.on('error', refuse)
  stream.once('end', () => setImmediate(() => finish(judge(headers, Buffer.concat(chunks)))))
  stream.end(requestOf(service))
}

/** Not compressed, its length, then field 1: the service. */
function requestOf(service: string): Buffer {
  const name = Buffer.from(service)
  const field = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
  const head = Buffer.alloc(5)
  head.writeUInt32BE(field.length, 1)
  return Buffer.concat([head, field])
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]
}

/** What is wrong; undefined where nothing is. */
function judge(headers: IncomingHttpHeaders, body: Buffer): string | undefined {
  const http = headers[':status']
  if (Number(http) !== 200) return `error: health rpc failed: unexpected HTTP status code ${String(http)}`
  const code = Number(headers['grpc-status'] ?? 0)
  const message = decodeURIComponentSafely(String(headers['grpc-message'] ?? ''))
  if (code === UNIMPLEMENTED) {
    return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`
  }
  if (code !== 0) return `error: health rpc failed: rpc error: code = ${code} desc = ${message}`
  const status = servingStatus(body)
  return status === 'SERVING' ? undefined : `service unhealthy (responded with "${status}")`
}

/** Field 1 of the answer, a number; left out it is 0. */
function servingStatus(body: Buffer): string {
  const number = body.length >= 7 && body[5] === 0x08 ? (body[6] ?? 0) : 0
  return STATUSES[number] ?? String(number)
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
