/** What happens to the objects of one kind, as long as the server tells it. */
import type { IncomingMessage } from 'node:http'
import { ApiError, bodyOf, type ApiClient } from './api-client.ts'
import { fieldOf, queryOf } from './list.ts'
import type { Source } from './source.ts'

export interface RemoteEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: unknown
}

/** A server sends a bookmark each minute: one that is silent for longer has gone without a word. */
const SILENCE = 150_000
/** Seconds after which the server ends a watch, between once and twice as many: not everybody comes back at once. */
const SHORTEST = 300

export interface WatchOptions {
  readonly signal: AbortSignal
  /** 0 to 1. */
  readonly random: () => number
  /** The server has begun to answer. */
  readonly onOpen: () => void
  /** What came together, in order, and up to which resourceVersion everything is known now. */
  readonly onEvents: (events: readonly RemoteEvent[], resourceVersion: string) => void
}

/** Resolves when the server ends the watch; rejects where it breaks off or is refused (ApiError 410: list anew). */
export async function watchFrom(
  client: ApiClient,
  source: Source,
  resourceVersion: string,
  { signal, random, onOpen, onEvents }: WatchOptions,
): Promise<void> {
  const timeoutSeconds = String(Math.round(SHORTEST * (1 + random())))
  const query = queryOf(source, { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds })
  const silence = new AbortController()
  const response = await client.get(`${source.path}${query}`, AbortSignal.any([signal, silence.signal]))
  if (response.statusCode !== 200) await bodyOf(response)
  onOpen()
  const abort = (): void => silence.abort(new Error('the server has fallen silent'))
  let timer = setTimeout(abort, SILENCE)
  try {
    await readEvents(response, resourceVersion, (events, version) => {
      clearTimeout(timer)
      timer = setTimeout(abort, SILENCE)
      onEvents(events, version)
    })
  } finally {
    clearTimeout(timer)
    response.destroy()
  }
}

async function readEvents(response: IncomingMessage, start: string, onEvents: WatchOptions['onEvents']): Promise<void> {
  let version = start
  let rest = ''
  response.setEncoding('utf8')
  for await (const chunk of response) {
    const lines = `${rest}${String(chunk)}`.split('\n')
    rest = lines.pop() ?? ''
    const events: RemoteEvent[] = []
    let failure: ApiError | undefined
    for (const line of lines.filter((line) => line !== '')) {
      const event = readEvent(line)
      if (event instanceof ApiError) failure = event
      else {
        version = versionOf(event.object) ?? version
        if (event.type !== 'BOOKMARK') events.push({ type: event.type, object: event.object })
      }
    }
    if (lines.length > 0) onEvents(events, version)
    if (failure !== undefined) throw failure
  }
}

type ReadEvent = { readonly type: RemoteEvent['type'] | 'BOOKMARK'; readonly object: unknown }

function readEvent(line: string): ReadEvent | ApiError {
  const event: unknown = JSON.parse(line)
  const [type, object] = [fieldOf(event, 'type'), fieldOf(event, 'object')]
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      return { type, object }
    case 'ERROR':
      return new ApiError(Number(fieldOf(object, 'code') ?? 500), JSON.stringify(fieldOf(object, 'message') ?? object))
    default:
      throw new SyntaxError(`the watch has an event of the unknown type ${JSON.stringify(type)}`)
  }
}

function versionOf(object: unknown): string | undefined {
  const version = fieldOf(fieldOf(object, 'metadata'), 'resourceVersion')
  return typeof version === 'string' ? version : undefined
}
