import { queryMessage } from '../../dns/message.ts'
import { UDP_SIZE, UDP_SIZE_WITHOUT_EDNS } from '../../dns/packet-question.ts'
import { readMessage } from '../../dns/read-message.ts'
import { CLASS_IN } from '../../dns/records.ts'
import { respond } from '../../dns/respond.ts'
import { writeMessage } from '../../dns/write-message.ts'
import type { Zone } from '../../dns/zone.ts'
import type { Reason } from './reason.ts'

/** Whether all records fit into a datagram, which is all that a client sees that does not ask again over TCP. */
export function truncationReasons(zone: Zone, name: string, type: number): readonly Reason[] {
  const count = (size: number | undefined, overTcp: boolean): number => {
    const edns = size === undefined ? {} : { edns: { size, version: 0, dnssecOk: false } }
    const query = writeMessage({ ...queryMessage(0, { name, type, class: CLASS_IN }), ...edns })
    const reaction = respond(zone, query, { overTcp })
    return reaction.kind === 'reply' ? (readMessage(reaction.bytes)?.answers.length ?? 0) : 0
  }
  const all = count(UDP_SIZE, true)
  const [plain, large] = [count(undefined, false), count(UDP_SIZE, false)]
  if (plain >= all) return []
  const withEdns = large < all ? `${large} with EDNS` : 'all with EDNS'
  const text = `${plain} of ${all} records fit into a UDP answer of ${UDP_SIZE_WITHOUT_EDNS} bytes, ${withEdns} (${UDP_SIZE} bytes)`
  return [{ text, hint: 'for the rest a client has to ask again over TCP, as glibc does, and musl since 1.2.4' }]
}
