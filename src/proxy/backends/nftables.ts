import type { ServicePortInfo } from '../../model/resolve-services.ts'
import { diff } from '../../nft/diff.ts'
import type { Operation } from '../../nft/operation.ts'
import type { Table } from '../../nft/ruleset.ts'
import type { Backend } from '../backend.ts'
import type { NodeContext } from '../node-context.ts'
import { addBaseChains } from './nftables/base-chains.ts'
import { buildTable, SERVICE_SETS } from './nftables/layout.ts'
import { addService } from './nftables/services.ts'
import { createSlotAllocator } from './nftables/slots.ts'

/**
 * Up to this many Service ports each has a rule of its own and strict round robin. Loading such chains is quadratic in
 * the kernel (500: 0.1 s, 10,000: 28 s), so beyond it only those that ask for it get one; the others share rings.
 */
export const STRICT_LIMIT = 512

/** The table `portolan` of one node. */
export const nftablesBackend: Backend<Table, Operation> = {
  name: 'nftables',
  compile(services: readonly ServicePortInfo[], node: NodeContext): Table {
    const builder = buildTable(SERVICE_SETS)
    const slots = createSlotAllocator()
    const strict = services.length <= STRICT_LIMIT
    const rings = new Set<number>()
    for (const address of node.addresses) builder.element('nodeport-ips', { key: [address] })
    for (const info of services.toSorted(byAge)) addService({ builder, slots, node, strict, rings }, info)
    const sizes = [...rings].sort((a, b) => a - b)
    addBaseChains(builder, node, sizes)
    return builder.build()
  },
  diff,
}

/** Of two Services that claim one address and port the older one has it, then the one whose name comes first. */
function byAge(a: ServicePortInfo, b: ServicePortInfo): number {
  return (a.creationTimestamp ?? '').localeCompare(b.creationTimestamp ?? '')
}
