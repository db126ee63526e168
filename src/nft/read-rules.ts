/** Single chains of any table, as the kernel lists them: whose rule a handle is, and what its maker says of it. */
import { attribute, attributesOf, messageAttributes, textOf } from './attribute.ts'
import { familyNumber } from './encode-rule.ts'
import { MessageWriter } from './message-writer.ts'
import type { Dump } from './read-back.ts'
import type { Family, Hook } from './ruleset.ts'

export interface ChainName {
  readonly family: Family
  readonly table: string
  readonly chain: string
}

export interface ListedRule {
  readonly handle: number
  /** Its UTF-8 bytes, one character each. */
  readonly comment: string | null
}

const NFTABLES = 10 << 8
const [GET_CHAIN, GET_RULE] = [4, 7]
const [REQUEST, DUMP] = [0x1, 0x300]
/** enum nf_inet_hooks. */
const HOOKS: readonly Hook['hook'][] = ['prerouting', 'input', 'forward', 'output', 'postrouting']

/** The rules of a chain in their order. Kernels before 4.11 list those of the whole table: others are left out here. */
export function listRules(read: Dump, { family, table, chain }: ChainName): readonly ListedRule[] {
  const found: ListedRule[] = []
  read(
    requestOf(family, GET_RULE, DUMP, [
      [1, table],
      [2, chain],
    ]),
    (message) => {
      const rule = messageAttributes(message)
      if (textOf(attribute(rule, 1)) !== table || textOf(attribute(rule, 2)) !== chain) return
      found.push({ handle: Number(attribute(rule, 3)?.getBigUint64(0) ?? 0n), comment: commentOf(attribute(rule, 7)) })
    },
  )
  return found
}

/** Where a base chain hangs; undefined for others. Throws an Error where it is not there. */
export function hookOfChain(ask: (request: Uint8Array) => DataView, name: ChainName): Hook['hook'] | undefined {
  const { family, table, chain } = name
  const hook = attribute(
    messageAttributes(
      ask(
        requestOf(family, GET_CHAIN, 0, [
          [1, table],
          [3, chain],
        ]),
      ),
    ),
    4,
  )
  return hook && HOOKS[attribute(attributesOf(hook), 1)?.getUint32(0) ?? -1]
}

function requestOf(
  family: Family,
  op: number,
  flags: number,
  texts: readonly (readonly [number, string])[],
): Uint8Array {
  const writer = new MessageWriter(1024)
  writer.zeros(4)
  writer.hostU16(NFTABLES | op)
  writer.hostU16(REQUEST | flags)
  writer.zeros(8)
  writer.u8(familyNumber[family])
  writer.zeros(3)
  for (const [type, text] of texts) writer.attributeText(type, text)
  writer.endMessage(0)
  return writer.bytes
}

/** libnftnl's udata.h: 8-bit type and length; type 0 of a rule is the comment. */
function commentOf(data: DataView | undefined): string | null {
  if (data === undefined) return null
  let at = 0
  while (at + 2 <= data.byteLength) {
    const [type, length] = [data.getUint8(at), data.getUint8(at + 1)]
    const bytes = new DataView(data.buffer, data.byteOffset + at + 2, Math.min(length, data.byteLength - at - 2))
    if (type === 0) return textOf(bytes)
    at += 2 + length
  }
  return null
}
