/** exec as kubectl 1.30 and older send it: a SPDY session with a stream for each of error, stdin, stdout, stderr and resize. */
import type { Readable } from 'node:stream'
import type { CommandRequest, RunningCommand } from '../context.ts'
import { pauseUntilSent, type Link } from './link.ts'
import { errorStatus, exitStatus, resizeTo } from './remote-command.ts'
import { createSpdySession, type SpdySession } from './spdy.ts'

/** The channels that both sides know by this name; older ones end differently. */
export const SPDY_COMMAND_PROTOCOL: string = 'v4.channel.k8s.io'

const MAXIMUM_BACKLOG = 1024 * 1024

export interface SpdyCommand {
  readonly wants: Pick<CommandRequest, 'stdin' | 'tty'> & { readonly stdout: boolean; readonly stderr: boolean }
  /** Throws an Error where it cannot be started. */
  start(): RunningCommand
}

/** Starts the program when the client has opened all streams; until it ends, or the client leaves. */
export function serveSpdyCommand(link: Link, { wants, start }: SpdyCommand): void {
  const streams = new Map<string, number>()
  const expected = ['error', ...namesOf(wants)]
  let command: RunningCommand | undefined
  const session = createSpdySession(link.send, {
    stream(id, headers) {
      session.reply(id)
      streams.set(headers['streamtype'] ?? '', id)
      if (command === undefined && expected.every((name) => streams.has(name))) {
        command = run(link, session, streams, start)
      }
    },
    data(id, chunk, isLast) {
      if (id === streams.get('resize')) return resizeTo(chunk, command?.resize)
      if (id !== streams.get('stdin')) return
      if (chunk.length > 0) command?.stdin?.write(chunk)
      if (isLast) command?.stdin?.end()
    },
    reset: () => undefined,
    broken: link.terminate,
  })
  link.onData(session.receive)
  link.onClose(() => {
    command?.kill()
    session.close()
  })
}

function namesOf({ stdin, stdout, stderr, tty }: SpdyCommand['wants']): readonly string[] {
  const wanted = { stdin, stdout, stderr: stderr && !tty, resize: tty }
  return Object.entries(wanted).flatMap(([name, isWanted]) => (isWanted ? name : []))
}

function run(
  link: Link,
  session: SpdySession,
  streams: ReadonlyMap<string, number>,
  start: () => RunningCommand,
): RunningCommand | undefined {
  const finish = (status: object): void => {
    session.data(streams.get('error') ?? 0, Buffer.from(JSON.stringify(status)), true)
    void session.flushed().then(link.close)
  }
  const fail = (error: unknown): void => finish(errorStatus(error instanceof Error ? error.message : String(error)))
  try {
    const command = start()
    command.stdin?.on('error', () => undefined)
    const outputs = [
      forward(link, session, streams.get('stdout'), command.stdout),
      forward(link, session, streams.get('stderr'), command.stderr),
    ]
    command.exitCode
      .then(async (code) => {
        await Promise.all(outputs)
        finish(exitStatus(code))
      })
      .catch(fail)
    return command
  } catch (error) {
    fail(error)
    return undefined
  }
}

/** Resolves when the stream has ended. */
function forward(
  link: Link,
  session: SpdySession,
  id: number | undefined,
  stream: Readable | undefined,
): Promise<void> {
  if (stream === undefined || id === undefined) return Promise.resolve()
  stream.on('data', (chunk: Buffer) => {
    session.data(id, chunk, false)
    if (link.backlog() > MAXIMUM_BACKLOG) pauseUntilSent(link, stream, MAXIMUM_BACKLOG)
  })
  return new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.once(event, () => resolve())
  }).then(() => session.data(id, Buffer.alloc(0), true))
}
