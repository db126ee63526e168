import { libc } from '../host/libc.ts'
import { openNetlink, type NetlinkSocket } from '../host/netlink.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import { diff } from '../nft/diff.ts'
import { encodeBatches } from '../nft/encode.ts'
import { tableName, type Operation } from '../nft/operation.ts'
import { renderOperations } from '../nft/render.ts'
import type { Table } from '../nft/ruleset.ts'

/** Keeps the table of one namespace equal to what it is told. */
export interface Proxier {
  /**
   * Writes what differs, in one transaction where it fits one. Throws an Error that shows the command that failed; the
   * table is then made anew the next time, since what the kernel has of it is not known.
   */
  sync(next: Table): void
  readonly table: Table | undefined
}

export function createProxier(namespace?: NetworkNamespace): Proxier {
  const socket = openNetlink('netfilter', namespace)
  let current: Table | undefined
  let sequence = 1
  let isUnknown = false
  return {
    sync(next) {
      const operations = isUnknown ? [...removal(next), ...diff(undefined, next)] : diff(current, next)
      if (operations.length === 0) {
        current = next
        return
      }
      isUnknown = true
      sequence = apply(socket, operations, sequence)
      isUnknown = false
      current = next
    },
    get table() {
      return current
    },
  }
}

/** Adding it first makes that right whether it is there or not: nft 1.0.6 and kernels before 6.3 know no "destroy". */
function removal(table: Table): readonly Operation[] {
  return [
    { kind: 'add table', table: tableName(table) },
    { kind: 'delete table', table: tableName(table) },
  ]
}

function apply(socket: NetlinkSocket, operations: readonly Operation[], sequence: number): number {
  let next = sequence
  for (const transaction of encodeBatches(operations, sequence, socket.sendLimit)) {
    const [failure] = socket.transact(transaction.bytes)
    if (failure !== undefined) {
      const index = transaction.operations[failure.sequence - transaction.sequence - 1] ?? 0
      const command = renderOperations(operations.slice(index, index + 1)).trim()
      throw new Error(`nft ${JSON.stringify(command.slice(0, 500))}: ${libc().errorName(failure.errno)}`)
    }
    next = transaction.lastSequence + 2
  }
  return next
}
