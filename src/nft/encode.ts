/** Operations as transactions of nf_tables: each is carried out as a whole or not at all. */
import { diffPhases, type Phases } from './diff.ts'
import { encodeMessages, FLAG, type Messages, NFTABLES } from './encode-messages.ts'
import type { Operation } from './operation.ts'
import type { Table } from './ruleset.ts'

/** One batch, to be sent with one write. Its messages have the sequence numbers from `sequence` to `lastSequence`. */
export interface Transaction {
  readonly bytes: Uint8Array
  /** Of the begin message: the kernel names it where the transaction failed as a whole. */
  readonly sequence: number
  /** Of the last operation: its acknowledgement comes after the commit. */
  readonly lastSequence: number
  /** For each message between begin and end, in order, the index of its operation. */
  readonly operations: readonly number[]
  /** For each of these messages what it does: an operation, or some of its elements. */
  readonly parts: readonly Operation[]
}

/** `last`: the kernel answers once, when the transaction is done. `all`: every operation is answered. Errors always are. */
export type Acknowledge = 'last' | 'all'

const batchBegin = 16
const batchEnd = 17
const headerBytes = 20
/** An attribute's length is 16 bits: what one list of elements may hold. */
const longestList = 0xffff
/** The attributes with the table's and the set's name, at most (NFT_NAME_MAXLEN is 256). */
const longestNames = 2 * (4 + 256)

/** All operations as one transaction. */
export function encodeTransaction(
  operations: readonly Operation[],
  sequence: number,
  acknowledge: Acknowledge = 'last',
): Transaction {
  const messages = encodeMessages(operations, longestList)
  return assemble(messages, { from: 0, to: messages.operations.length }, sequence, acknowledge)
}

/**
 * A transaction for each phase, of at most `maxBytes` (at least 1024; a single message may be no longer); several where
 * what prepares the change, or cleans up after it, does not fit into one. Undefined where the change does not.
 */
export function encodeBatches(phases: Phases, sequence: number, maxBytes: number): readonly Transaction[] | undefined {
  const longest = Math.min(longestList, maxBytes - 3 * headerBytes - longestNames)
  const { prepare, change, detach, clean } = phases
  const messages = encodeMessages([...prepare, ...change, ...detach, ...clean], longest)
  const end = messages.operations.length
  const messagesOf = (operations: number): number => {
    const next = messages.operations.findIndex((index) => index >= operations)
    return next === -1 ? end : next
  }
  const changeFrom = messagesOf(prepare.length)
  const changeTo = messagesOf(prepare.length + change.length)
  const cleanFrom = messagesOf(prepare.length + change.length + detach.length)
  if (bytesOf(messages, changeFrom, changeTo) > maxBytes) return undefined
  const ranges = [
    ...cut(messages, 0, changeFrom, maxBytes),
    ...cut(messages, changeFrom, changeTo, maxBytes),
    ...cut(messages, changeTo, cleanFrom, maxBytes),
    ...cut(messages, cleanFrom, end, maxBytes),
  ]
  let next = sequence
  return ranges.map((range) => {
    const transaction = assemble(messages, range, next, 'last')
    next = transaction.lastSequence + 2
    return transaction
  })
}

/**
 * The transactions that turn some tables into others. After each of them every packet is decided either as by `previous`
 * or as by `next`. A change that is too large for one transaction goes by way of tables of other names, which are there
 * in between: what rules have counted and remembered is then lost.
 */
export function encodeChange(
  previous: readonly Table[],
  next: readonly Table[],
  sequence: number,
  maxBytes: number,
): readonly Transaction[] {
  const direct = encodeBatches(diffPhases(previous, next), sequence, maxBytes)
  if (direct !== undefined) return direct
  const taken = new Set(previous.map(({ name }) => name))
  const between = next.map((table) => ({ ...table, name: freeStandIn(table.name, taken) }))
  const there = encodeBatches(diffPhases(previous, between), sequence, maxBytes)
  const back = encodeBatches(diffPhases(between, next), (there?.at(-1)?.lastSequence ?? sequence) + 2, maxBytes)
  if (there === undefined || back === undefined) throw new RangeError(`base chains take more than ${maxBytes} bytes`)
  return [...there, ...back]
}

/**
 * What a table is called that stands in for another one while that is made anew. The second name is for where the first
 * one was left behind, and may be what decides.
 */
export function standInNames(name: string): readonly [string, string] {
  return [`${name}-stand-in`, `${name}-stand-in-2`]
}

function freeStandIn(name: string, taken: ReadonlySet<string>): string {
  const [first, second] = standInNames(name)
  return taken.has(first) ? second : first
}

interface Range {
  readonly from: number
  readonly to: number
}

/** The bytes of a transaction of these messages. */
function bytesOf(messages: Messages, from: number, to: number): number {
  return (messages.offsets[to] ?? 0) - (messages.offsets[from] ?? 0) + 2 * headerBytes
}

/** Messages in transactions, as many in each as it holds. */
function cut(messages: Messages, first: number, end: number, maxBytes: number): readonly Range[] {
  const ranges: Range[] = []
  for (let from = first; from < end; from = ranges.at(-1)?.to ?? end) {
    let to = from
    while (to < end && bytesOf(messages, from, to + 1) <= maxBytes) to++
    if (from === to) throw new RangeError(`a message is longer than ${maxBytes} bytes`)
    ranges.push({ from, to })
  }
  return ranges
}

function assemble(messages: Messages, { from, to }: Range, sequence: number, acknowledge: Acknowledge): Transaction {
  const [start = 0, end = 0] = [messages.offsets[from], messages.offsets[to]]
  const bytes = new Uint8Array(end - start + 2 * headerBytes)
  bytes.set(messages.bytes.subarray(start, end), headerBytes)
  const view = new DataView(bytes.buffer)
  const lastSequence = sequence + to - from
  writeBatchMessage(view, 0, batchBegin, sequence)
  for (let i = from; i < to; i++) {
    const at = (messages.offsets[i] ?? 0) - start + headerBytes
    if (acknowledge === 'all' || i === to - 1)
      view.setUint16(at + 6, view.getUint16(at + 6, true) | FLAG.acknowledge, true)
    view.setUint32(at + 8, sequence + 1 + i - from, true)
  }
  writeBatchMessage(view, bytes.length - headerBytes, batchEnd, lastSequence + 1)
  const [operations, parts] = [messages.operations.slice(from, to), messages.parts.slice(from, to)]
  return { bytes, sequence, lastSequence, operations, parts }
}

function writeBatchMessage(view: DataView, at: number, type: number, sequence: number): void {
  view.setUint32(at, headerBytes, true)
  view.setUint16(at + 4, type, true)
  view.setUint16(at + 6, FLAG.request, true)
  view.setUint32(at + 8, sequence, true)
  view.setUint16(at + 18, NFTABLES)
}
