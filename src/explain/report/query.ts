import type { QueryRecord } from '../../dns/query-record.ts'

/** A query, and who asked it when. */
export interface AskedQuery extends QueryRecord {
  /** When it was answered, as Kubernetes writes times. */
  readonly time: string
  /** The address. */
  readonly client: string
  /** `namespace/name` of the Pod, or `node/name`; none for others. */
  readonly asker?: string
  /** Seconds. */
  readonly duration: number
}

const SHOWN = 3

/** One line, as CoreDNS' log plugin writes it, with the name of the Pod before and the answers behind. */
export function queryText(query: AskedQuery): string {
  const { client, asker, id, name, type, protocol, size, dnssecOk, bufferSize, rcode, flags, duration } = query
  const who = asker === undefined ? client : `${asker} ${client}`
  const asked = `${type} ${query.class} ${name} ${protocol} ${size} ${dnssecOk} ${bufferSize}`
  const got = `${rcode} ${flags.join(',')} ${query.responseSize} ${duration.toFixed(6)}s`
  return [`${who} - ${id} "${asked}" ${got}`, answersText(query)].join(' ').trimEnd()
}

function answersText({ answers }: AskedQuery): string {
  // Name, TTL, class and type stand before the data.
  const data = answers.map((line) => line.split(' ').slice(4).join(' '))
  const more = data.length > SHOWN ? ` and ${data.length - SHOWN} more` : ''
  return `${data.slice(0, SHOWN).join(', ')}${more}`
}
