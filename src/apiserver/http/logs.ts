/** pods/log: what a container wrote, from its file. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync, watch } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { ContainerStatus, Pod } from '../../api/core.ts'
import { get, objectKey } from '../../model/snapshot.ts'
import type { ApiContext, ApiRequest } from './context.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import { storedObject } from './reads.ts'

export async function serveLogs(context: ApiContext, { path, query, response, request }: ApiRequest): Promise<void> {
  if (request.method !== 'GET') throw methodNotAllowed()
  const pod = storedObject(context.store.snapshot(), path)
  if (pod.kind !== 'Pod') throw methodNotAllowed()
  for (const name of ['sinceSeconds', 'sinceTime', 'timestamps']) {
    const given = query.get(name) ?? ''
    if (given !== '' && given !== 'false') throw badRequest(`${name} is not supported: the logs are kept without times`)
  }
  const container = containerOf(pod, query.get('container') ?? '')
  const run = runOf(pod, container, query.get('previous') === 'true')
  const file = context.pods.logPath(pod, container, run)
  const start = startOf(file, countOf(query, 'tailLines'))
  response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' })
  response.flushHeaders()
  const limit = countOf(query, 'limitBytes')
  const follows = query.get('follow') === 'true' && query.get('previous') !== 'true'
  const end = await copy(file, start, response, limit)
  if (follows && limit === undefined) await follow(context, pod, container, run, { file, position: end, response })
  response.end()
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

/** Sends the file from `start` on; the position reached. */
async function copy(file: string, start: number, response: ServerResponse, limit?: number): Promise<number> {
  if (limit === 0) return start
  const range = limit === undefined ? { start } : { start, end: start + limit - 1 }
  const stream = createReadStream(file, range)
  try {
    await pipeline(stream, response, { end: false })
  } catch (error) {
    // ENOENT: it has written nothing yet, or the Pod is gone. Otherwise the client is gone.
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code !== 'ENOENT' && code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
  return start + stream.bytesRead
}

interface Position {
  readonly file: string
  readonly response: ServerResponse
  position: number
}

/** Until the container's run is over, or the client leaves. */
async function follow(context: ApiContext, pod: Pod, container: string, run: number, at: Position): Promise<void> {
  const { file, response } = at
  let copying = Promise.resolve()
  const send = (): void => {
    copying = copying.then(async () => {
      at.position = await copy(file, at.position, response)
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
