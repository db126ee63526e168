/** Flows as connection tracking begins, changes and ends them. */
import { type Flow, readFlow } from './conntrack.ts'
import type { NetworkNamespace } from './namespaces.ts'
import { type EventSocket, GROUP, openEvents } from './netlink-events.ts'

export interface FlowEvent {
  readonly kind: 'new' | 'changed' | 'ended'
  readonly flow: Flow
}

/** linux/netfilter/nfnetlink_conntrack.h: IPCTNL_MSG_CT_DELETE in the low byte of the type. */
const CT_DELETE = 2
/** A new flow and a changed one have the same type, and differ by this flag. */
const NLM_F_CREATE = 0x400

/** `afterwards` follows each batch; `lost`: not all events were told. Throws where the kernel refuses. */
export function watchFlows(
  namespace: NetworkNamespace | undefined,
  each: (event: FlowEvent) => void,
  afterwards: (lost: boolean) => void,
  bufferSize?: number,
): Pick<EventSocket, 'close'> {
  const tell = (message: DataView): void => {
    const flow = readFlow(message)
    if (flow === undefined) return
    const isNew = (message.getUint16(6, true) & NLM_F_CREATE) !== 0
    each({ kind: message.getUint8(4) === CT_DELETE ? 'ended' : isNew ? 'new' : 'changed', flow })
  }
  const events = openEvents(namespace, { each: tell, afterwards }, 'netfilter', bufferSize)
  for (const group of [GROUP.newFlow, GROUP.changedFlow, GROUP.endedFlow] as const) events.join(group)
  return events
}
