import { libc } from '../host/libc.ts'
import { openNetlink, type NetlinkSocket } from '../host/netlink.ts'
import type { NetworkNamespace } from '../host/namespaces.ts'
import { diffPhases, diffTables } from '../nft/diff.ts'
import { encodeBatches, encodeChange, encodeTransaction, standInName, type Transaction } from '../nft/encode.ts'
import type { Operation } from '../nft/operation.ts'
import { GENERATION_REQUEST, hasTable, readBack, readGeneration } from '../nft/read-back.ts'
import { renderOperations } from '../nft/render.ts'
import type { Table } from '../nft/ruleset.ts'

/** Keeps the table of one namespace equal to what it is told. */
export interface Proxier {
  /**
   * Writes what differs, in one transaction where it fits one. What a table of that name holds when the first one comes
   * is taken over. Throws an Error that shows the command that failed; what the kernel has is then read the next time,
   * and a change that was cut off in its middle is made anew.
   */
  sync(next: Table): void
  /**
   * Whether somebody else had changed the table, which is then mended. Where nobody has written any rules since the last
   * time it costs one question. Throws as `sync` does.
   */
  mend(): boolean
  readonly table: Table | undefined
}

/** Rules of somebody else, as they are and as they are to be: they change in the transaction in which ours come. */
export interface Replaced {
  readonly before: readonly Table[]
  readonly after: readonly Table[]
}

export function createProxier(namespace?: NetworkNamespace, replaced?: Replaced): Proxier {
  const socket = openNetfilter(namespace)
  let current: Table | undefined
  let sequence = 1
  let isUnknown = false
  let wasRefused = false
  // Counted on with each transaction of our own: another number says that there was one of somebody else.
  let generation = -1
  const send = (transactions: readonly Transaction[]): void => {
    for (const [i, transaction] of transactions.entries()) {
      sequence = transaction.lastSequence + 2
      transact(socket, transaction)
      generation++
      // A refused transaction changes nothing: only one after it leaves the change half done.
      isUnknown ||= i + 1 < transactions.length
    }
  }
  const changeOf = (known: readonly Table[], next: Table, others: Replaced | undefined): readonly Transaction[] => {
    const { before, after } = others ?? { before: [], after: [] }
    const both = encodeBatches(diffPhases([...known, ...before], [next, ...after]), sequence, socket.sendLimit)
    if (both !== undefined) return both
    const own = encodeChange(known, [next], sequence, socket.sendLimit)
    const from = (own.at(-1)?.lastSequence ?? sequence) + 2
    return [...own, encodeTransaction(diffTables(before, after), from)]
  }
  const write = (previous: Table | undefined, next: Table): boolean => {
    const wasUnknown = isUnknown
    wasRefused = true
    if (wasUnknown) send([encodeTransaction(removal(next), sequence)])
    const known = previous && !wasUnknown ? [previous] : []
    const transactions = changeOf(known, next, current === undefined ? replaced : undefined)
    send(transactions)
    isUnknown = false
    wasRefused = false
    current = next
    return wasUnknown || transactions.length > 0
  }
  const takeOver = (wanted: Table): boolean => {
    generation = readGeneration(socket.ask(GENERATION_REQUEST))
    const found = readBack(wanted, socket.dump)
    const { family, name } = wanted
    // A stand-in that is still there: whoever was here before ended in the middle of a change.
    isUnknown ||= found === 'dormant' || hasTable({ family, name: standInName(name) }, socket.dump)
    return write(typeof found === 'string' ? undefined : found, wanted)
  }
  return {
    sync: (next) => void (current === undefined || wasRefused ? takeOver(next) : write(current, next)),
    mend() {
      if (current === undefined || readGeneration(socket.ask(GENERATION_REQUEST)) === generation) return false
      return takeOver(current)
    },
    get table() {
      return current
    },
  }
}

function openNetfilter(namespace: NetworkNamespace | undefined): NetlinkSocket {
  try {
    return openNetlink('netfilter', namespace)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`nf_tables cannot be used: ${why}`, { cause: error })
  }
}

/** Adding a table first makes that right whether it is there or not: nft 1.0.6 and kernels before 6.3 know no "destroy". */
function removal({ family, name }: Table): readonly Operation[] {
  return [name, standInName(name)].flatMap((name) => [
    { kind: 'add table', table: { family, name } },
    { kind: 'delete table', table: { family, name } },
  ])
}

function transact(socket: NetlinkSocket, { bytes, sequence, parts }: Transaction): void {
  const [failure] = socket.transact(bytes)
  if (failure === undefined) return
  const part = parts[failure.sequence - sequence - 1]
  const command = part === undefined ? 'transaction' : renderOperations([part]).trim()
  throw new Error(`nft ${JSON.stringify(command.slice(0, 500))}: ${libc().errorName(failure.errno)}`)
}
