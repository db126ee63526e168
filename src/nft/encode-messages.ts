/** Operations as messages of nf_tables. Numbers: linux/netlink.h, linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h. */
import { singleElements, withoutBlock } from './blocks.ts'
import { elementWriter } from './encode-element.ts'
import { familyNumber, writeRule } from './encode-rule.ts'
import { writeSet } from './encode-set.ts'
import { MessageWriter } from './message-writer.ts'
import type { Operation } from './operation.ts'
import type { Hook } from './ruleset.ts'

export interface Messages {
  /** One after the other, their sequence numbers 0. */
  readonly bytes: Uint8Array
  /** Where each message begins, and the end of the last. */
  readonly offsets: readonly number[]
  /** For each message the index of its operation. */
  readonly operations: readonly number[]
  /** For each message what it does: of elements, those that are in it. */
  readonly parts: readonly Operation[]
}

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
export const NFTABLES: number = 10
export const FLAG = { request: 0x1, acknowledge: 0x4, create: 0x400, append: 0x800 } as const

/** `listBytes`: how long a list of elements in one message may be. */
export function encodeMessages(operations: readonly Operation[], listBytes: number): Messages {
  const state: EncoderState = {
    writer: new MessageWriter(bytesExpected(operations)),
    offsets: [],
    operations: [],
    parts: [],
    index: 0,
    sets: 0,
    listBytes,
  }
  for (const [index, operation] of operations.entries()) {
    state.index = index
    encodeOperation(state, operation)
  }
  const { writer, parts } = state
  return { bytes: writer.bytes, offsets: [...state.offsets, writer.length], operations: state.operations, parts }
}

/** So that the writer need not grow again and again. */
function bytesExpected(operations: readonly Operation[]): number {
  const elements = operations.reduce(
    (sum, operation) => ('elements' in operation ? sum + operation.elements.length * (operation.set.block ?? 1) : sum),
    0,
  )
  return 4096 + elements * 48
}

interface EncoderState {
  readonly writer: MessageWriter
  readonly offsets: number[]
  readonly operations: number[]
  readonly parts: Operation[]
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
  state.parts.push(operation)
  writer.zeros(4)
  writer.hostU16((NFTABLES << 8) | type)
  writer.hostU16(FLAG.request | flags)
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
      return message(state, operation, messageType.newTable, FLAG.create, () => writer.attributeU32(2, 0))
    case 'delete table':
      return message(state, operation, messageType.deleteTable, 0, () => {})
    case 'add chain':
      return message(state, operation, messageType.newChain, FLAG.create, () => {
        writer.attributeText(3, operation.chain.name)
        if (operation.chain.hook !== undefined) writeHook(writer, operation.chain.hook)
      })
    case 'delete chain':
      return message(state, operation, messageType.deleteChain, 0, () => writer.attributeText(3, operation.chain))
    case 'flush chain':
      return message(state, operation, messageType.deleteRule, 0, () => writer.attributeText(2, operation.chain))
    case 'add rule':
      return message(state, operation, messageType.newRule, FLAG.create | FLAG.append, () => {
        writer.attributeText(2, operation.chain)
        writeRule(writer, operation.table.family, operation.rule)
      })
    case 'add set':
      return message(state, operation, messageType.newSet, FLAG.create, () => {
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

/** More than what one element takes. */
const ELEMENT_BYTES = 128

/** As many messages as the elements need. */
function encodeElements(
  state: EncoderState,
  operation: Operation & { readonly kind: 'add elements' | 'delete elements' },
): void {
  const { writer, listBytes } = state
  const { set, elements } = operation
  // No block is cut.
  if ((set.block ?? 0) * ELEMENT_BYTES > listBytes) {
    return encodeElements(state, { ...operation, set: withoutBlock(set), elements: singleElements(set, elements) })
  }
  const add = operation.kind === 'add elements'
  let next = 0
  const writeList = (): void => {
    writer.attributeText(2, set.name)
    const at = writer.beginNested(3)
    const first = next
    const write = elementWriter(writer, set, add)
    for (let element = elements[next]; element !== undefined; element = elements[next]) {
      const before = writer.length
      write(element)
      if (writer.length - at > listBytes && next > first) {
        writer.truncate(before)
        break
      }
      next++
    }
    writer.end(at)
  }
  while (next < elements.length) {
    const first = next
    message(
      state,
      operation,
      add ? messageType.newElement : messageType.deleteElement,
      add ? FLAG.create : 0,
      writeList,
    )
    if (next - first < elements.length) {
      state.parts[state.parts.length - 1] = { ...operation, elements: elements.slice(first, next) }
    }
  }
}
