/** pods/log: what a container wrote, from its file. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync, watch } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { ContainerStatus, Pod } from '../../api/core.ts'
import { get, objectKey } from '../../model/snapshot.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import { storedObject } from './reads.ts'

export async function serveLogs(context: ApiContext, { path, query, response, request }: ApiRequest): Promise<void> {
  if (request.method !== 'GET') throw methodNotAllowed()
  const pod = storedObject(context.store.snapshot(), path)
  if (pod.kind !== 'Pod') throw methodNotAllowed()
  const container = containerOf(pod, query.get('container') ?? '')
  const run = runOf(pod, container, query.get('previous') === 'true')
  const file = context.pods.logPath(pod, container, run)
  const since = sinceOf(query, context.now())
  const tail = startOf(file, countOf(query, 'tailLines'))
  const start = since === undefined ? tail : Math.max(tail, nextLine(file, context.pods.logTimes.offsetAt(file, since)))
  const limit = countOf(query, 'limitBytes')
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const follows = query.get('follow') === 'true' && query.get('previous') !== 'true'
  const stamp =
    query.get('timestamps') === 'true'
      ? createStamper((offset) => context.pods.logTimes.timeOf(file, offset))
      : (chunk: Buffer): Buffer => chunk
  const output: Output = { response, stamp, left: limit ?? Number.POSITIVE_INFINITY }
  const end = await copy(file, start, output)
  if (follows && limit === undefined) await follow(context, pod, container, run, { file, position: end, output })
  response.end()
}

/** Milliseconds since 1970. */
function sinceOf(query: URLSearchParams, now: number): number | undefined {
  const [seconds, time] = [query.get('sinceSeconds') ?? '', query.get('sinceTime') ?? '']
  if (seconds !== '' && time !== '') throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified')
  if (seconds !== '') {
    const count = countOf(query, 'sinceSeconds') ?? 0
    if (count === 0) throw badRequest('sinceSeconds must be greater than 0')
    return now - count * 1000
  }
  if (time === '') return undefined
  const parsed = Date.parse(time)
  if (Number.isNaN(parsed))
    throw badRequest(`sinceTime ${JSON.stringify(time)} is no time: write it as 2026-01-31T12:00:00Z`)
  return parsed
}

function countOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  if (!/^\d{1,12}$/.test(text)) throw badRequest(`${name} must be a number that is not negative`)
  return Number(text)
}

function containerOf(pod: Pod, wanted: string): string {
  const names = pod.spec.containers.map(({ name }) => name)
  const all = [...(pod.spec.initContainers ?? []).map(({ name }) => name), ...names]
  const { name } = pod.metadata
  if (wanted !== '') {
    if (all.includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${name}`)
  }
  const [only, ...others] = names
  if (only !== undefined && others.length === 0) return only
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`)
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]
  return all.find(({ name }) => name === container)
}

/** The number of the run whose output is wanted. */
function runOf(pod: Pod, container: string, previous: boolean): number {
  const status = statusOf(pod, container)
  const { name } = pod.metadata
  const restarts = status?.restartCount ?? 0
  const { waiting } = status?.state ?? {}
  if (previous) {
    const last = waiting === undefined ? restarts - 1 : restarts
    if (last >= 0 && status?.lastState?.terminated !== undefined) return last
    throw badRequest(
      `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} not found`,
    )
  }
  const hasRun = status !== undefined && (waiting === undefined || status.lastState?.terminated !== undefined)
  if (hasRun) return restarts
  const reason = waiting?.reason ?? 'ContainerCreating'
  throw badRequest(
    `container ${JSON.stringify(container)} in pod ${JSON.stringify(name)} is waiting to start: ${reason}`,
  )
}

const BLOCK = 64 * 1024

/** Where the last `lines` lines begin. */
function startOf(file: string, lines: number | undefined): number {
  if (lines === undefined || statSync(file, { throwIfNoEntry: false }) === undefined) return 0
  const fd = openSync(file, 'r')
  try {
    return lineStart(fd, fstatSync(fd).size, lines)
  } finally {
    closeSync(fd)
  }
}

function lineStart(fd: number, size: number, lines: number): number {
  if (lines === 0) return size
  const block = Buffer.alloc(BLOCK)
  let left = lines
  for (let end = size; end > 0; end -= Math.min(BLOCK, end)) {
    const from = Math.max(0, end - BLOCK)
    const length = readSync(fd, block, 0, end - from, from)
    for (let i = length - 1; i >= 0; i--) {
      const isLast = from + i === size - 1
      if (block[i] === 0x0a && !isLast && --left === 0) return from + i + 1
    }
  }
  return 0
}

/** Where the first line begins that is not before `offset`. */
function nextLine(file: string, offset: number): number {
  if (offset === 0 || statSync(file, { throwIfNoEntry: false }) === undefined) return offset
  const fd = openSync(file, 'r')
  try {
    const block = Buffer.alloc(BLOCK)
    for (let at = offset - 1; ; at += BLOCK) {
      const length = readSync(fd, block, 0, BLOCK, at)
      const end = block.subarray(0, length).indexOf(0x0a)
      if (end >= 0) return at + end + 1
      if (length < BLOCK) return at + length
    }
  } finally {
    closeSync(fd)
  }
}

interface Output {
  readonly response: ServerResponse
  /** What is sent for a part of the file that begins at `offset`. */
  readonly stamp: (chunk: Buffer, offset: number) => Buffer
  /** Bytes that may still be sent. */
  left: number
}

/** Writes the time before each line. */
function createStamper(timeOf: (offset: number) => number): Output['stamp'] {
  let isLineStart = true
  return (chunk, offset) => {
    const parts: (string | Buffer)[] = []
    for (let at = 0; at < chunk.length; ) {
      if (isLineStart) parts.push(`${new Date(timeOf(offset + at)).toISOString()} `)
      const newline = chunk.indexOf(0x0a, at)
      const end = newline < 0 ? chunk.length : newline + 1
      parts.push(chunk.subarray(at, end))
      isLineStart = newline >= 0
      at = end
    }
    return Buffer.concat(parts.map((part) => Buffer.from(part)))
  }
}

/** Sends the file from `start` on; the position reached. */
async function copy(file: string, start: number, output: Output): Promise<number> {
  const { response, stamp } = output
  let position = start
  try {
    for await (const chunk of createReadStream(file, { start }) as AsyncIterable<Buffer>) {
      if (output.left <= 0 || response.destroyed) break
      const bytes = stamp(chunk, position).subarray(0, output.left)
      position += chunk.length
      output.left -= bytes.length
      if (!response.write(bytes)) await drained(response)
    }
  } catch (error) {
    // ENOENT: it has written nothing yet, or the Pod is gone.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return position
}

/** The client has taken what was sent, or is gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}

interface Position {
  readonly file: string
  readonly output: Output
  position: number
}

/** Until the container's run is over, or the client leaves. */
async function follow(context: ApiContext, pod: Pod, container: string, run: number, at: Position): Promise<void> {
  const { file, output } = at
  const { response } = output
  let copying = Promise.resolve()
  const send = (): void => {
    copying = copying.then(async () => {
      at.position = await copy(file, at.position, output)
    })
  }
  await new Promise<void>((resolve) => {
    if (response.destroyed) return resolve()
    const watcher = watch(file, send)
    const done = (): void => {
      watcher.close()
      unwatch()
      resolve()
    }
    const look = (): void => (isOver(context, pod, container, run) ? done() : undefined)
    const unwatch = context.store.watch(look)
    response.once('close', done)
    watcher.once('error', done)
    send()
    look()
  })
  send()
  await copying
}

function isOver({ store }: ApiContext, pod: Pod, container: string, run: number): boolean {
  const now = get(store.snapshot(), 'Pod', objectKey(pod))
  if (now === undefined || now.metadata.uid !== pod.metadata.uid) return true
  const status = statusOf(now, container)
  return status === undefined || status.restartCount !== run || status.state.running === undefined
}
