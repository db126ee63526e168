/**
 * Operations as netlink messages of nf_tables: one batch is one transaction, all of it or nothing.
 * Numbers: linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h.
 */
import { writeElement } from './encode-element.ts'
import { familyNumber, writeRule } from './encode-rule.ts'
import { writeSet } from './encode-set.ts'
import { MessageWriter } from './message-writer.ts'
import type { Operation } from './operation.ts'
import type { Hook } from './ruleset.ts'

/** One batch, to be sent with one write. Its messages have the sequence numbers from `sequence` to `lastSequence`. */
export interface Transaction {
  readonly bytes: Uint8Array
  /** Of the begin message: the kernel names it where the transaction failed as a whole. */
  readonly sequence: number
  /** Of the last operation: its acknowledgement comes after the commit. */
  readonly lastSequence: number
  /** For each message between begin and end, in order, the index of its operation. */
  readonly operations: readonly number[]
}

/** `last`: the kernel answers once, when the transaction is done. `all`: every operation is answered. Errors always are. */
export type Acknowledge = 'last' | 'all'

const messageType = {
  newTable: 0,
  deleteTable: 2,
  newChain: 3,
  deleteChain: 5,
  newRule: 6,
  deleteRule: 8,
  newSet: 9,
  deleteSet: 11,
  newElement: 12,
  deleteElement: 14,
}
const nftables = 10
const batchBegin = 16
const batchEnd = 17
const flag = { request: 0x1, acknowledge: 0x4, create: 0x400, append: 0x800 }
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
 * As few transactions as fit into `maxBytes` each (at least 1024; a single message may be no longer). Filled from the end:
 * where `operations` come from `diff`, base chains and what replaces rules are in the last one.
 */
export function encodeBatches(
  operations: readonly Operation[],
  sequence: number,
  maxBytes: number,
  acknowledge: Acknowledge = 'last',
): readonly Transaction[] {
  const messages = encodeMessages(operations, Math.min(longestList, maxBytes - 3 * headerBytes - longestNames))
  const ranges: Range[] = []
  let to = messages.operations.length
  while (to > 0) {
    let from = to
    const end = messages.offsets[to] ?? 0
    while (from > 0 && end - (messages.offsets[from - 1] ?? 0) + 2 * headerBytes <= maxBytes) from--
    if (from === to) throw new RangeError(`a message is longer than ${maxBytes} bytes`)
    ranges.unshift({ from, to })
    to = from
  }
  let next = sequence
  return ranges.map((range) => {
    const transaction = assemble(messages, range, next, acknowledge)
    next = transaction.lastSequence + 2
    return transaction
  })
}

interface Messages {
  readonly bytes: Uint8Array
  /** Where each message begins, and the end of the last. */
  readonly offsets: readonly number[]
  readonly operations: readonly number[]
}

interface Range {
  readonly from: number
  readonly to: number
}

function encodeMessages(operations: readonly Operation[], listBytes: number): Messages {
  const state: EncoderState = { writer: new MessageWriter(), offsets: [], operations: [], index: 0, sets: 0, listBytes }
  for (const [index, operation] of operations.entries()) {
    state.index = index
    encodeOperation(state, operation)
  }
  return { bytes: state.writer.bytes, offsets: [...state.offsets, state.writer.length], operations: state.operations }
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
      view.setUint16(at + 6, view.getUint16(at + 6, true) | flag.acknowledge, true)
    view.setUint32(at + 8, sequence + 1 + i - from, true)
  }
  writeBatchMessage(view, bytes.length - headerBytes, batchEnd, lastSequence + 1)
  return { bytes, sequence, lastSequence, operations: messages.operations.slice(from, to) }
}

function writeBatchMessage(view: DataView, at: number, type: number, sequence: number): void {
  view.setUint32(at, headerBytes, true)
  view.setUint16(at + 4, type, true)
  view.setUint16(at + 6, flag.request, true)
  view.setUint32(at + 8, sequence, true)
  view.setUint16(at + 18, nftables)
}

interface EncoderState {
  readonly writer: MessageWriter
  readonly offsets: number[]
  readonly operations: number[]
  index: number
  sets: number
  readonly listBytes: number
}

/** One message: header, the table's name in attribute 1, and what `write` adds. Its sequence is set by `assemble`. */
function message(state: EncoderState, operation: Operation, type: number, flags: number, write: () => void): void {
  const { writer } = state
  const at = writer.length
  state.offsets.push(at)
  state.operations.push(state.index)
  writer.zeros(4)
  writer.hostU16((nftables << 8) | type)
  writer.hostU16(flag.request | flags)
  writer.zeros(8)
  writer.u8(familyNumber[operation.table.family])
  writer.zeros(3)
  writer.attributeText(1, operation.table.name)
  write()
  writer.endMessage(at)
}

function encodeOperation(state: EncoderState, operation: Operation): void {
  const { writer } = state
  switch (operation.kind) {
    case 'add table':
      return message(state, operation, messageType.newTable, flag.create, () => writer.attributeU32(2, 0))
    case 'delete table':
      return message(state, operation, messageType.deleteTable, 0, () => {})
    case 'add chain':
      return message(state, operation, messageType.newChain, flag.create, () => {
        writer.attributeText(3, operation.chain.name)
        if (operation.chain.hook !== undefined) writeHook(writer, operation.chain.hook)
      })
    case 'delete chain':
      return message(state, operation, messageType.deleteChain, 0, () => writer.attributeText(3, operation.chain))
    case 'flush chain':
      return message(state, operation, messageType.deleteRule, 0, () => writer.attributeText(2, operation.chain))
    case 'add rule':
      return message(state, operation, messageType.newRule, flag.create | flag.append, () => {
        writer.attributeText(2, operation.chain)
        writeRule(writer, operation.table.family, operation.rule)
      })
    case 'add set':
      return message(state, operation, messageType.newSet, flag.create, () => {
        state.sets++
        writeSet(writer, operation.set, state.sets)
      })
    case 'delete set':
      return message(state, operation, messageType.deleteSet, 0, () => writer.attributeText(2, operation.set.name))
    case 'add elements':
    case 'delete elements':
      return encodeElements(state, operation)
  }
}

const hookNumber: Readonly<Record<Hook['hook'], number>> = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
}

function writeHook(writer: MessageWriter, { type, hook, priority, policy }: Hook): void {
  writer.attributeText(7, type)
  if (policy !== undefined) writer.attributeU32(5, policy === 'accept' ? 1 : 0)
  const at = writer.beginNested(4)
  writer.attributeU32(1, hookNumber[hook])
  writer.attributeU32(2, priority)
  writer.end(at)
}

/** As many messages as the elements need. */
function encodeElements(
  state: EncoderState,
  operation: Operation & { readonly kind: 'add elements' | 'delete elements' },
): void {
  const { writer, listBytes } = state
  const { set, elements } = operation
  const add = operation.kind === 'add elements'
  let next = 0
  const writeList = (): void => {
    writer.attributeText(2, set.name)
    const at = writer.beginNested(3)
    const first = next
    for (let element = elements[next]; element !== undefined; element = elements[next]) {
      const before = writer.length
      writeElement(writer, set, element, add)
      if (writer.length - at > listBytes && next > first) {
        writer.truncate(before)
        break
      }
      next++
    }
    writer.end(at)
  }
  while (next < elements.length) {
    message(
      state,
      operation,
      add ? messageType.newElement : messageType.deleteElement,
      add ? flag.create : 0,
      writeList,
    )
  }
}
