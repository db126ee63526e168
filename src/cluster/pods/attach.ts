/** What `kubectl attach` connects: the output of a container from now on, and its input. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, watch } from 'node:fs'
import { PassThrough, Writable, type Readable } from 'node:stream'
import type { Container } from '../../api/core.ts'
import type { AttachRequest, RunningCommand } from '../../apiserver/http/context.ts'
import type { RunningContainer } from '../../kubelet/container-runtime.ts'
import type { ProgramInput } from '../../kubelet/program-streams.ts'

export interface AttachOptions {
  readonly childOf: (request: AttachRequest) => RunningContainer | undefined
  /** The file that the container's present run writes to. */
  readonly logOf: (request: AttachRequest) => string
}

/** Throws an Error where the container does not run. */
export function attachTo(options: AttachOptions, request: AttachRequest): RunningCommand {
  const child = options.childOf(request)
  const { name } = request.container
  if (child === undefined) throw new Error(`container ${name} does not run`)
  const input = request.stdin ? child.input?.() : undefined
  const ended = child.exit.then(() => undefined)
  const output = followFile(options.logOf(request), request.container.tty === true, ended)
  const stdin = input === undefined ? undefined : inputOf(input, request.container)
  return {
    ...(stdin !== undefined && { stdin }),
    stdout: output.stream,
    exitCode: ended.then(() => 0),
    ...(input?.resize !== undefined && { resize: input.resize }),
    kill() {
      output.stop()
      stdin?.end()
    },
  }
}

/** Whoever leaves ends the container's input only where it is for one client. */
function inputOf({ stream }: ProgramInput, { stdinOnce = false }: Container): Writable {
  const input = new Writable({
    write: (chunk: Buffer, _encoding, done) => void stream.write(chunk, () => done()),
    final(done) {
      if (stdinOnce) stream.end()
      done()
    },
  })
  return input
}

/** With a terminal it begins with the line that is being written: that is where a prompt is. */
function followFile(
  path: string,
  hasPrompt: boolean,
  ended: Promise<void>,
): { readonly stream: Readable; stop(): void } {
  const stream = new PassThrough()
  let position = endOf(path, hasPrompt)
  let copying = Promise.resolve()
  const copy = async (): Promise<void> => {
    for await (const chunk of createReadStream(path, { start: position }) as AsyncIterable<Buffer>) {
      position += chunk.length
      if (!stream.write(chunk) && !stream.destroyed) await new Promise((resolve) => stream.once('drain', resolve))
    }
  }
  const send = (): void => {
    // The log is removed with its Pod.
    copying = copying.then(copy).catch(() => undefined)
  }
  const watcher = watch(path, send).on('error', () => undefined)
  const stop = (): void => {
    watcher.close()
    stream.end()
  }
  send()
  void ended.then(() => {
    send()
    return copying.then(stop)
  })
  return { stream, stop }
}

const LONGEST_PROMPT = 1024

function endOf(path: string, hasPrompt: boolean): number {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    if (!hasPrompt) return size
    const from = Math.max(0, size - LONGEST_PROMPT)
    const block = Buffer.alloc(size - from)
    readSync(fd, block, 0, block.length, from)
    return from + block.lastIndexOf(0x0a) + 1
  } finally {
    closeSync(fd)
  }
}
