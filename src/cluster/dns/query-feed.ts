/** Questions and their answers, for who wants to see them while the server runs. */
import { queryRecord } from '../../dns/query-record.ts'
import type { AskedQuery } from '../../explain/report/query.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { createAskers } from './askers.ts'

/** As they were on the wire, for as long as the listener looks at them. */
export interface Exchange {
  readonly client: string
  readonly query: Uint8Array
  readonly reply: Uint8Array
  readonly overTcp: boolean
  /** From the query to its reply. */
  readonly seconds: number
}

export interface QueryFeed {
  /** Where nobody looks nothing is kept of a query, and `tell` is not to be called. */
  readonly followed: boolean
  tell(exchange: Exchange): void
  /** Calls `listener` with each query from now on, until the function that this gives is called. */
  follow(listener: (query: AskedQuery) => void): () => void
}

export interface QueryFeedOptions {
  /** The Pods and nodes that ask. */
  readonly snapshot: () => Snapshot
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

export function createQueryFeed({ snapshot, now, onError }: QueryFeedOptions): QueryFeed {
  const listeners = new Set<(query: AskedQuery) => void>()
  let askers: ReturnType<typeof createAskers> | undefined
  const asked = ({ client, query, reply, overTcp, seconds }: Exchange): AskedQuery => {
    askers ??= createAskers(snapshot)
    const asker = askers.at(client)
    return {
      time: new Date(now()).toISOString(),
      client,
      ...(asker === undefined ? {} : { asker }),
      ...queryRecord(query, reply, overTcp),
      duration: Math.round(seconds * 1e6) / 1e6,
    }
  }
  return {
    get followed() {
      return listeners.size > 0
    },
    tell(exchange) {
      try {
        const query = asked(exchange)
        for (const listener of listeners) listener(query)
      } catch (error) {
        onError(error)
      }
    },
    follow(listener) {
      // The same function may listen twice.
      const own = (query: AskedQuery): void => listener(query)
      listeners.add(own)
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) askers = undefined
      }
    },
  }
}
