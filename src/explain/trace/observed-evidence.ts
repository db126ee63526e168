/** What was seen, in words. */
import type { Workload } from '../check/workload.ts'
import { unknown, type HopFinding } from './finding.ts'
import type { Connection } from './observation.ts'
import type { Evidence, TraceFix } from './report.ts'

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
    return { title: `look at it: portolan run --from ${place} -- nft list table ${table}`, location: null }
  })
}

/** Where what would be seen cannot be: said, never taken for good. */
export function notSeen(kind: 'pod' | 'socket', workload: Workload | undefined): HopFinding {
  const what = workload === undefined ? 'the address is no Pod of this network' : `${workload.name} was not looked at`
  return unknown(kind, what)
}
