/** Single chains of any table, as the kernel lists them: whose rule a handle is, and what its maker says of it. */
import { attribute, attributesOf, messageAttributes, textOf } from './attribute.ts'
import type { Dump } from './read-back.ts'
import { GET, nftRequest } from './request.ts'
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

/** enum nf_inet_hooks. */
const HOOKS: readonly Hook['hook'][] = ['prerouting', 'input', 'forward', 'output', 'postrouting']

/** The rules of a chain in their order. Kernels before 4.11 list those of the whole table: others are left out here. */
export function listRules(read: Dump, { family, table, chain }: ChainName): readonly ListedRule[] {
  const found: ListedRule[] = []
  read(
    nftRequest(
      GET.rule,
      family,
      [
        [1, table],
        [2, chain],
      ],
      'list',
    ),
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
  const names = [
    [1, table],
    [3, chain],
  ] as const
  const hook = attribute(messageAttributes(ask(nftRequest(GET.chain, family, names, 'one'))), 4)
  return hook && HOOKS[attribute(attributesOf(hook), 1)?.getUint32(0) ?? -1]
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
