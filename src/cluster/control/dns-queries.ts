import type { ServerResponse } from 'node:http'
import { isAbout } from '../../dns/query-record.ts'
import type { AskedQuery } from '../../explain/report/query.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'
import type { QueryFeed } from '../dns/query-feed.ts'

/** Which questions are wanted. */
export interface QueryWish {
  /** `NAMESPACE/POD`, `NAMESPACE/` for all of its Pods, `node/NAME`; nothing: everybody. */
  readonly from?: string
  /** Any of these; none: all. */
  readonly names: readonly string[]
}

/** One line of the answer, as JSON: a question, or how many there were in between that the client was too slow for. */
export type QueryLine = AskedQuery | { readonly missed: number }

export function parseQueryWish(url: URL): QueryWish {
  const from = url.searchParams.get('from')
  return { names: url.searchParams.getAll('name'), ...(from === null ? {} : { from }) }
}

/** Throws an Error that says who is not there, or cannot be told apart. */
export function queryFilter({ from, names }: QueryWish, snapshot: Snapshot): (query: AskedQuery) => boolean {
  const isFrom = from === undefined ? () => true : askerFilter(from, snapshot)
  return (query) => isFrom(query.asker) && (names.length === 0 || names.some((name) => isAbout(query, name)))
}

function askerFilter(from: string, snapshot: Snapshot): (asker: string | undefined) => boolean {
  if (from.startsWith('node/')) {
    const known = [...snapshot.objects.Node].map(([name]) => name)
    if (!known.includes(from.slice(5))) throw new Error(`there is no ${from}: there are ${known.join(', ')}`)
    return (asker) => asker === from
  }
  if (from.endsWith('/')) {
    if (get(snapshot, 'Namespace', from.slice(0, -1)) === undefined)
      throw new Error(`there is no namespace ${from.slice(0, -1)}`)
    return (asker) => asker?.startsWith(from) === true
  }
  const pod = get(snapshot, 'Pod', from)
  if (pod === undefined) throw new Error(`there is no Pod ${from}`)
  if (pod.spec.hostNetwork === true) {
    const node = `node/${pod.spec.nodeName ?? ''}`
    throw new Error(`Pod ${from} asks from the address of its node (hostNetwork: true): say --from ${node}`)
  }
  return (asker) => asker === from
}

/** Writes a line for each question that is wanted until the client goes. */
export function streamQueries(
  follow: QueryFeed['follow'],
  isWanted: (query: AskedQuery) => boolean,
  response: ServerResponse,
): void {
  let missed = 0
  const write = (line: QueryLine): void => void response.write(`${JSON.stringify(line)}\n`)
  response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
  const stop = follow((query) => {
    if (!isWanted(query)) return
    if (response.writableNeedDrain) {
      missed++
      return
    }
    if (missed > 0) write({ missed })
    missed = 0
    write(query)
  })
  response.on('close', stop)
}
