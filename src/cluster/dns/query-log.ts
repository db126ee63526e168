import { readMessage } from '../../dns/read-message.ts'
import { RCODE, TYPE } from '../../dns/records.ts'

/** One reply as a line of the query log; undefined where the client is not among those whose queries are wanted. */
export type QueryLog = (client: string, reply: Uint8Array, overTcp: boolean) => void

const TYPE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(TYPE).map(([name, code]) => [code, name]))
const RCODE_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(RCODE).map(([name, code]) => [code, name]))

/** `podOf` gives `namespace/name` of the Pod with an address. Without `only` everybody's queries are told. */
export function createQueryLog(
  podOf: (address: string) => string | undefined,
  only: readonly string[],
  write: (line: string) => void,
): QueryLog {
  const wanted = new Set(only)
  return (client, reply, overTcp) => {
    const pod = podOf(client)
    if (wanted.size > 0 && !(pod !== undefined && wanted.has(pod))) return
    const message = readMessage(reply)
    const [question] = message?.questions ?? []
    const who = pod === undefined ? client : `${client} ${pod}`
    const asked =
      question === undefined ? '-' : `${question.name} ${TYPE_NAMES.get(question.type) ?? `TYPE${question.type}`}`
    const rcode = message === undefined ? '-' : (RCODE_NAMES.get(message.rcode) ?? String(message.rcode))
    write(`${who}: ${asked} ${rcode} ${reply.length} bytes ${overTcp ? 'TCP' : 'UDP'}\n`)
  }
}
