/** Questions to nf_tables: what is asked for, and by which names. */
import { familyNumber } from './encode-rule.ts'
import { MessageWriter } from './message-writer.ts'
import type { Family } from './ruleset.ts'

/** NFT_MSG_GET*, linux/netfilter/nf_tables.h. */
export const GET = { table: 1, chain: 4, rule: 7, set: 10, elements: 13, generation: 16 } as const

const NFTABLES = 10 << 8
const [REQUEST, DUMP] = [0x1, 0x300]

/** `names`: attributes with text, by their numbers. `one`: a single answer, else a list. */
export function nftRequest(
  op: (typeof GET)[keyof typeof GET],
  family: Family,
  names: readonly (readonly [attribute: number, text: string])[],
  amount: 'one' | 'list',
): Uint8Array {
  const writer = new MessageWriter(1024)
  writer.zeros(4)
  writer.hostU16(NFTABLES | op)
  writer.hostU16(amount === 'list' ? REQUEST | DUMP : REQUEST)
  writer.zeros(8)
  writer.u8(familyNumber[family])
  writer.zeros(3)
  for (const [attribute, text] of names) writer.attributeText(attribute, text)
  writer.endMessage(0)
  return writer.bytes
}
