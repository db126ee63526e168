/** Events of another cluster's objects: what its users see with `kubectl get events` and `kubectl describe`. */
import { timestamp } from '../lib/clock.ts'
import { hash32 } from '../model/hash.ts'
import { type ApiClient, ApiError } from './api-client.ts'

/** What an Event is about. */
export interface Involved {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly uid?: string }
}

export interface EventWriter {
  /** Writes a Warning, or counts up the one that said the same before. Never throws, and waits for nothing. */
  warn(object: Involved, reason: string, message: string): void
}

export interface EventWriterOptions {
  readonly client: Pick<ApiClient, 'write'>
  readonly component: string
  readonly host: string
  readonly now: () => number
  /** That Events cannot be written, once until one can be again. */
  readonly onProblem: (message: string) => void
}

interface Known {
  readonly path: string
  readonly first: string
  count: number
}

/** So many wait at most: whoever has more to say says it in his log. */
const CAPACITY = 100
/** So many are counted up when they are said again. */
const MEMORY = 1000

/** One after the other, in the order in which they were told. */
export function createEventWriter(options: EventWriterOptions): EventWriter {
  const { client, now, onProblem } = options
  const known = new Map<string, Known>()
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  let isRefused = false
  const write = async (object: Involved, reason: string, message: string): Promise<void> => {
    const key = JSON.stringify([object.metadata, reason, message])
    const time = timestamp(now())
    const before = known.get(key)
    if (before !== undefined && (await countUp(client, before, time))) return
    const event = newEvent(options, object, { reason, message, time })
    const path = `/api/v1/namespaces/${event.metadata.namespace}/events`
    await client.write({ method: 'POST', path, contentType: 'application/json', body: JSON.stringify(event) })
    known.set(key, { path: `${path}/${event.metadata.name}`, first: time, count: 1 })
    const [oldest] = known.keys()
    if (known.size > MEMORY && oldest !== undefined) known.delete(oldest)
  }
  return {
    warn(object, reason, message) {
      if (waiting === CAPACITY) return
      waiting++
      last = last
        .then(() => write(object, reason, message))
        .then(
          () => void (isRefused = false),
          (error: unknown) => {
            if (!isRefused) onProblem(error instanceof Error ? error.message : String(error))
            isRefused = true
          },
        )
        .finally(() => void waiting--)
    },
  }
}

/** False where it is gone: Kubernetes forgets Events after an hour. */
async function countUp(client: EventWriterOptions['client'], event: Known, time: string): Promise<boolean> {
  const body = JSON.stringify({ count: event.count + 1, lastTimestamp: time })
  try {
    await client.write({ method: 'PATCH', path: event.path, contentType: 'application/merge-patch+json', body })
    event.count++
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}

interface EventText {
  readonly reason: string
  readonly message: string
  readonly time: string
}

function newEvent(
  { component, host, now }: EventWriterOptions,
  { apiVersion, kind, metadata }: Involved,
  { reason, message, time }: EventText,
) {
  const { namespace = 'default', name, uid } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${nanoseconds(now(), [host, reason, message]).toString(16)}`, namespace },
    involvedObject: { apiVersion, kind, namespace, name, ...(uid === undefined ? {} : { uid }) },
    type: 'Warning',
    reason,
    message,
    source: { component, host },
    reportingComponent: component,
    reportingInstance: host,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}

/** client-go names Events by them. Every node of a cluster may say the same of one object within a millisecond. */
function nanoseconds(milliseconds: number, of: readonly string[]): bigint {
  return BigInt(milliseconds) * 1_000_000n + BigInt(hash32(of.join('\n')) % 1_000_000)
}
