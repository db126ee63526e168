/** exec over WebSocket: a byte that names the channel, then what belongs to it (v4 and v5.channel.k8s.io). */
import type { Readable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { RunningCommand } from '../context.ts'

const [STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE] = [0, 1, 2, 3, 4, 255]
/** More than this on its way to the client, in bytes, and the program has to wait. */
const MAXIMUM_BACKLOG = 1024 * 1024

/** What client-go reads as the end of the command, on the error channel. */
export function exitStatus(code: number): object {
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

export function errorStatus(message: string): object {
  return { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
}

/** Connects the program with the client until the program ends, or the client leaves: then the program ends too. */
export function serveRemoteCommand(socket: WebSocket, command: RunningCommand): void {
  const outputs = [forward(socket, STDOUT, command.stdout), forward(socket, STDERR, command.stderr)]
  command.stdin?.on('error', () => undefined)
  socket.on('message', (data: Buffer) => receive(socket, command, data))
  socket.on('close', () => command.kill())
  command.exitCode
    .then(exitStatus, (error: unknown) => errorStatus(error instanceof Error ? error.message : String(error)))
    .then(async (status) => {
      await Promise.all(outputs)
      finish(socket, status)
    })
    .catch(() => socket.terminate())
}

/** Tells the client how it ended, and ends the connection. */
export function finish(socket: WebSocket, status: object): void {
  socket.send(framed(ERROR, Buffer.from(JSON.stringify(status))))
  socket.close(1000)
}

function receive(socket: WebSocket, { stdin, resize }: RunningCommand, data: Buffer): void {
  const [channel] = data
  const contents = data.subarray(1)
  if (channel === STDIN && stdin !== undefined) {
    if (stdin.write(contents)) return
    socket.pause()
    stdin.once('drain', () => socket.resume())
  } else if (channel === CLOSE && contents[0] === STDIN) stdin?.end()
  else if (channel === RESIZE) resizeTo(contents, resize)
}

/** `{"Width":80,"Height":24}` */
export function resizeTo(contents: Buffer, resize: RunningCommand['resize']): void {
  try {
    const { Width: columns, Height: rows } = JSON.parse(contents.toString()) as { Width?: number; Height?: number }
    if (columns !== undefined && rows !== undefined) resize?.(columns, rows)
  } catch {
    // No JSON: a size that is not told changes nothing.
  }
}

function framed(channel: number, contents: Buffer): Buffer {
  return Buffer.concat([Buffer.from([channel]), contents])
}

/** Resolves when the stream has ended. */
function forward(socket: WebSocket, channel: number, stream: Readable | undefined): Promise<void> {
  if (stream === undefined) return Promise.resolve()
  stream.on('data', (chunk: Buffer) => {
    socket.send(framed(channel, chunk), () => {
      if (stream.isPaused() && socket.bufferedAmount < MAXIMUM_BACKLOG / 2) stream.resume()
    })
    if (socket.bufferedAmount > MAXIMUM_BACKLOG) stream.pause()
  })
  return new Promise((resolve) => {
    // A terminal's end is an error, EIO.
    stream.once('error', () => resolve())
    stream.once('close', () => resolve())
    stream.once('end', () => resolve())
  })
}
