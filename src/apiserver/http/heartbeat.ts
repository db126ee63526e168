/** Nodes as a cluster shows them: their Lease is renewed and their conditions are confirmed again and again. */
import type { AnyObject, Kind } from '../../api/kinds.ts'
import { timestamp } from '../../lib/clock.ts'

const RENEWAL = 10_000
const CONFIRMATION = 300_000

/**
 * A node is part of this process: who gets an answer knows that it lives. So the times are worked out for the answer and
 * nothing is written each ten seconds.
 */
export function withHeartbeat(object: AnyObject, now: number): AnyObject {
  if (object.kind === 'Lease') {
    const { namespace, name, creationTimestamp } = object.metadata
    if (namespace !== 'kube-node-lease' || object.spec?.holderIdentity !== name) return object
    return { ...object, spec: { ...object.spec, renewTime: microTime(beat(creationTimestamp, RENEWAL, now)) } }
  }
  if (object.kind !== 'Node' || object.status?.conditions === undefined) return object
  const { creationTimestamp } = object.metadata
  const lastHeartbeatTime = timestamp(beat(creationTimestamp, CONFIRMATION, now))
  const conditions = object.status.conditions.map((condition) => ({
    // Of a node that somebody invented nobody confirms anything.
    ...(condition.reason === 'NodeStatusNeverUpdated' ? {} : { lastHeartbeatTime }),
    ...(creationTimestamp === undefined ? {} : { lastTransitionTime: creationTimestamp }),
    ...condition,
  }))
  return { ...object, status: { ...object.status, conditions } }
}

export function hasHeartbeat(kind: Kind): boolean {
  return kind === 'Node' || kind === 'Lease'
}

/** The last of the moments since `start` that are `period` apart. */
function beat(start: string | undefined, period: number, now: number): number {
  const first = start === undefined ? now : Date.parse(start)
  return first + Math.floor(Math.max(0, now - first) / period) * period
}

function microTime(time: number): string {
  return new Date(time).toISOString().replace(/(\.\d{3})Z$/, '$1000Z')
}
