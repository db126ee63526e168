/** Has the kernel tell which rules packets meet, in some namespaces and for as long as somebody looks. */
import { GROUP, openEvents, type EventSocket } from '../../host/netlink-events.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import type { PlacedEvent } from '../../nft/follow-packets.ts'
import { diff } from '../../nft/diff.ts'
import type { Operation } from '../../nft/operation.ts'
import { readTraceEvent } from '../../nft/trace-event.ts'
import { TRACE_TABLE, traceTable, type TraceTarget } from '../../nft/trace-table.ts'
import { writeBeside } from '../proxy/proxier.ts'

/** Namespaces by what they are called; undefined is the engine's own. */
export type PacketPlaces = ReadonlyMap<string, NetworkNamespace | undefined>

export interface PacketTracer {
  /** Removes what was put there, and gives what was told; `lost`: the kernel could not tell all. */
  stop(): { readonly told: readonly PlacedEvent[]; readonly lost: boolean }
}

interface Place {
  readonly namespace: NetworkNamespace | undefined
  readonly events: EventSocket
}

/** What those want that trace at the same time, by the namespace's descriptor: the table is that of all of them. */
const WANTED = new Map<number, Map<object, readonly TraceTarget[]>>()
const HOME = -1
/** Milliseconds. */
const LONGEST = 30_000

/**
 * Traces what goes to and comes from `targets`. Each namespace needs rules of its own: the mark goes when a packet crosses
 * a veth (nf_reset_trace). Throws where the kernel refuses, with nothing left behind.
 */
export function tracePackets(places: PacketPlaces, targets: readonly TraceTarget[]): PacketTracer {
  const told: PlacedEvent[] = []
  const open: Place[] = []
  const owner = {}
  let lost = false
  // Whatever becomes of who asked.
  const limit = setTimeout(() => stop(), LONGEST).unref()
  const stop = (): void => {
    clearTimeout(limit)
    for (const { namespace, events } of open.splice(0)) {
      try {
        rewrite(namespace, owner, [])
      } finally {
        events.drain()
        events.close()
      }
    }
  }
  try {
    for (const [place, namespace] of places) {
      const events = openEvents(namespace, {
        each(message) {
          const event = readTraceEvent(message)
          if (event !== undefined) told.push({ place, event })
        },
        afterwards: (isLost) => void (lost ||= isLost),
      })
      open.push({ namespace, events })
      events.join(GROUP.trace)
      rewrite(namespace, owner, targets)
    }
  } catch (error) {
    stop()
    throw error
  }
  return {
    stop() {
      stop()
      return { told, lost }
    },
  }
}

/** Writes the table anew: it is there while one of its owners wants something. */
function rewrite(namespace: NetworkNamespace | undefined, owner: object, targets: readonly TraceTarget[]): void {
  const key = namespace?.fd ?? HOME
  const owners = WANTED.get(key) ?? new Map<object, readonly TraceTarget[]>()
  WANTED.set(key, owners)
  if (targets.length === 0) owners.delete(owner)
  else owners.set(owner, targets)
  if (owners.size === 0) WANTED.delete(key)
  const all = [...owners.values()].flat()
  writeBeside(
    namespace,
    (['ip', 'ip6'] as const).flatMap((family) => operationsFor(family, all)),
  )
}

/** Adding a table first makes deleting it right whether it is there or not. */
function operationsFor(family: 'ip' | 'ip6', targets: readonly TraceTarget[]): readonly Operation[] {
  const table = { family, name: TRACE_TABLE }
  const wanted = traceTable(family, targets)
  const isEmpty = (wanted.sets.get('targets')?.elements.size ?? 0) === 0
  return [{ kind: 'add table', table }, { kind: 'delete table', table }, ...(isEmpty ? [] : diff(undefined, wanted))]
}
