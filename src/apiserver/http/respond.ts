import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Status } from '../../api/status.ts'
import type { WriteResult } from '../registry.ts'

export function sendJSON(
  response: ServerResponse,
  code: number,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  const own = { 'content-type': 'application/json', 'cache-control': 'no-cache, private', 'content-length': length }
  response.writeHead(code, { ...own, ...headers }).end(text)
}

/** RFC 9110 wants `warn-code warn-agent "text"`: kubectl prints the text. */
function warningHeader(text: string): string {
  return `299 - "${text.replaceAll(/[\\"]/g, '\\$&').replaceAll(/[^\x20-\x7e]/g, ' ')}"`
}

export function sendStatus(response: ServerResponse, status: Status): void {
  sendJSON(response, status.code, { metadata: {}, ...status })
}

/** The object that was written as `show` makes it, or the refusal. */
export function sendResult<T>(
  response: ServerResponse,
  result: WriteResult<T>,
  show: (object: T) => unknown,
  warnings: readonly string[] = [],
): void {
  if ('failure' in result) return sendStatus(response, result.failure)
  const all = [...new Set([...warnings, ...result.warnings])].map(warningHeader)
  sendJSON(response, result.code, show(result.object), { ...(all.length > 0 && { warning: all.join(', ') }) })
}

/** A client that lets more than this pile up is cut off, and lists anew. */
const MAXIMUM_BACKLOG = 8 * 1024 * 1024

/** One event of a watch, ready to be sent: many watchers of the same objects get the same bytes. */
export interface WatchLine {
  readonly line: string
  /** As a chunk of RFC 9112, 7.1. */
  readonly chunk: Buffer
}

export function watchLine(type: string, object: unknown): WatchLine {
  const line = `${JSON.stringify({ type, object })}\n`
  return { line, chunk: Buffer.from(`${Buffer.byteLength(line).toString(16)}\r\n${line}\r\n`) }
}

/** Straight to the connection: Node's way through the response makes five pieces of it, and puts them together again. */
export function writeEvent(response: ServerResponse, { line, chunk }: WatchLine): void {
  if (response.writableEnded || response.destroyed) return
  const { socket } = response
  if (socket !== null && response.headersSent && response.chunkedEncoding) socket.write(chunk)
  else response.write(line)
  if (response.writableLength > MAXIMUM_BACKLOG) response.destroy()
}
