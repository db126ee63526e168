/** What was seen, in words. */
import type { Workload } from '../check/workload.ts'
import { unknown, type HopFinding } from './finding.ts'
import type { Connection } from './observation.ts'
import { stepName } from '../../nft/packet-journey.ts'
import type { Evidence, PacketJourney, TraceFix } from './report.ts'

export function connectionEvidence({ address, port, errno, milliseconds }: Connection): Evidence {
  const text = errno === null ? `connected after ${milliseconds} ms` : `${errno} after ${milliseconds} ms`
  return { source: 'probe', text: `${address}:${port} ${text}`, location: null }
}

export function foreignEvidence(foreign: readonly string[]): readonly Evidence[] {
  return foreign.map((text) => ({ source: 'packet', text: `foreign rules in ${text}`, location: null }))
}

/** How to look at what others have put there. */
export function foreignFixes(foreign: readonly string[]): readonly TraceFix[] {
  return foreign.map((text) => {
    const [place = '', table = ''] = text.split(': ')
    const from = place.includes('/') ? place : `node/${place}`
    return { title: `look at it: portolan run --from ${from} -- nft list table ${table}`, location: null }
  })
}

/** Where what would be seen cannot be: said, never taken for good. */
export function notSeen(kind: 'pod' | 'socket', workload: Workload | undefined): HopFinding {
  const what = workload === undefined ? 'the address is no Pod of this network' : `${workload.name} was not looked at`
  return unknown(kind, what)
}

/** What ended a packet that was followed: the rule, or the place where it was seen last. Undefined where none was. */
export function endOfPackets(packets: readonly PacketJourney[]): PacketJourney | undefined {
  return packets.find(({ by }) => by !== null) ?? packets.find(({ end }) => end === 'lost')
}

/** To be put behind what happens: `: dropped on node-1 by inet filter, ...`, or whose rules may have done it. */
export function culpritText(packets: readonly PacketJourney[], foreign: readonly string[]): string {
  const ended = endOfPackets(packets)
  if (ended !== undefined && ended.by !== null) {
    const what = ended.kind === 'reply' ? 'the reply was ' : ''
    return `: ${what}${ended.end} on ${ended.by.place} by ${stepName(ended.by)}`
  }
  return foreign.length === 0 ? '' : `: rules that are not Portolan's are on the way (${foreign.join('; ')})`
}

export function packetEvidence(packets: readonly PacketJourney[]): readonly Evidence[] {
  const texts = packets.filter(({ end }) => end !== 'delivered').map(({ kind, text }) => `${kind}: ${text}`)
  return [...new Set(texts)].map((text) => ({ source: 'packet', text, location: null }))
}
