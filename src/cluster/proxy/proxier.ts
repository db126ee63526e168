import { kernelIsAtLeast } from '../../host/kernel-version.ts'
import { KernelError, libc } from '../../host/libc.ts'
import { openNetlink, type NetlinkSocket } from '../../host/netlink.ts'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { diffPhases, diffTables, type Phases } from '../../nft/diff.ts'
import { encodeBatches, encodeChange, encodeTransaction, standInNames, type Transaction } from '../../nft/encode.ts'
import type { Operation, TableName } from '../../nft/operation.ts'
import { withLeftovers } from '../../nft/leftovers.ts'
import { GENERATION_REQUEST, hasTable, readBack, readGeneration } from '../../nft/read-back.ts'
import { renderOperations } from '../../nft/render.ts'
import { withRoom } from '../../nft/room.ts'
import type { Table } from '../../nft/ruleset.ts'

/** Keeps the table of one namespace equal to what it is told. */
export interface Proxier {
  /**
   * Writes what differs; what packets notice of it, in one transaction where it fits one. What a table of that name holds
   * when the first one comes is taken over. Throws an Error that shows the command that failed; what the kernel has is
   * then read the next time, and a change that was cut off in its middle is made anew.
   */
  sync(next: Table): void
  /**
   * Removes what `sync` has left for packets that were on their way: to be called a moment later. Throws as that does.
   */
  clean(): void
  /**
   * Whether somebody else had changed the table, which is then mended. Where nobody has written any rules since the last
   * time it costs one question. Throws as `sync` does.
   */
  mend(): boolean
  /** The rules stay. */
  close(): void
  readonly table: Table | undefined
}

/** Rules of somebody else, as they are and as they are to be: they change in the transaction in which ours come. */
export interface Replaced {
  readonly before: readonly Table[]
  readonly after: readonly Table[]
}

/** `mostBytes`: of one transaction, where that is less than what the socket takes. */
export function createProxier(namespace?: NetworkNamespace, replaced?: Replaced, mostBytes?: number): Proxier {
  const kernel = openKernel(namespace, mostBytes)
  let current: Table | undefined
  // What the kernel has: the current table, with what the last changes left for packets on their way.
  let held: readonly Table[] = []
  let isUnknown = false
  // The kernel's number less that of our transactions: another one says that there was one of somebody else.
  let others = Number.NaN
  /** What is thrown on the way leaves it unknown what the kernel has. */
  const changing = (change: () => void): void => {
    isUnknown = true
    change()
    isUnknown = false
  }
  const clean = (): void => {
    if (current === undefined || (held.length === 1 && held[0] === current)) return
    const wanted = [current]
    changing(() => kernel.send(diffPhases(held, wanted)))
    held = wanted
  }
  const write = (known: readonly Table[], next: Table): boolean => {
    const wanted = canGrow ? withRoom(known, next) : next
    let differed = false
    changing(() => {
      const written = writeChange(kernel, known, wanted, current === undefined ? replaced : undefined)
      held = written.held
      differed = written.differed
    })
    current = wanted
    return differed
  }
  const takeOver = (wanted: Table): boolean => {
    const { found, generation } = readQuietly(wanted, kernel.socket)
    others = generation - kernel.own.count
    // It decides nothing, and cannot be switched on again by what makes the rules.
    if (found === 'dormant') kernel.send({ prepare: [], change: removal(wanted), detach: [], clean: [] })
    return write([...(typeof found === 'string' ? [] : [found]), ...leftStandIns(wanted, kernel.socket)], wanted)
  }
  return {
    sync: (next) => void (current === undefined || isUnknown ? takeOver(next) : write(held, next)),
    clean,
    mend() {
      if (current === undefined || kernel.readGeneration() === others + kernel.own.count) return false
      try {
        clean()
      } catch {
        // What was to be removed is no longer as it was: the look that follows finds how it is.
      }
      const isMended = takeOver(current)
      clean()
      return isMended
    },
    close: () => kernel.socket.close(),
    get table() {
      return current
    },
  }
}

/** Whether a set's size can be changed. */
const canGrow = kernelIsAtLeast(6, 5)

/** Writes all of a change but what packets on their way may still look for. */
function writeChange(
  kernel: Kernel,
  known: readonly Table[],
  next: Table,
  replaced: Replaced = { before: [], after: [] },
): { readonly held: readonly Table[]; readonly differed: boolean } {
  const before = [...known, ...replaced.before]
  const phases = diffPhases(before, [next, ...replaced.after])
  const isWhole = kernel.send({ ...phases, clean: [] })
  if (!isWhole) kernel.sendByStandIn(known, next, diffTables(replaced.before, replaced.after))
  return {
    held: isWhole ? withLeftovers(before, [next], phases) : [next],
    differed: Object.values(phases).some((operations) => operations.length > 0),
  }
}

interface Kernel {
  readonly socket: NetlinkSocket
  readonly own: { count: number }
  readGeneration(): number
  /** Whether the change fits into one transaction; else nothing is sent. */
  send(phases: Phases): boolean
  /** A change that does not fit, and then what goes in other tables. */
  sendByStandIn(known: readonly Table[], next: Table, apart: readonly Operation[]): void
}

function openKernel(namespace: NetworkNamespace | undefined, mostBytes = Infinity): Kernel {
  const socket = openNetfilter(namespace)
  const limit = Math.min(socket.sendLimit, mostBytes)
  const own = ownTransactions(namespace)
  let sequence = 1
  const send = (transactions: readonly Transaction[]): void => {
    for (const transaction of transactions) {
      sequence = transaction.lastSequence + 2
      transact(socket, transaction)
      own.count++
    }
  }
  return {
    socket,
    own,
    readGeneration: () => readGeneration(socket.ask(GENERATION_REQUEST)),
    send(phases) {
      const transactions = encodeBatches(phases, sequence, limit)
      if (transactions !== undefined) send(transactions)
      return transactions !== undefined
    },
    sendByStandIn(known, next, apart) {
      send(encodeChange(known, [next], sequence, limit))
      if (apart.length > 0) send([encodeTransaction(apart, sequence)])
    },
  }
}

/** All tables of a namespace have one generation: what is written here to one of them need not be read again for another. */
function ownTransactions(namespace: NetworkNamespace | undefined): { count: number } {
  const known = TRANSACTIONS.get(namespace ?? HOME)
  if (known !== undefined) return known
  const counted = { count: 0 }
  TRANSACTIONS.set(namespace ?? HOME, counted)
  return counted
}

const HOME = {}
const TRANSACTIONS = new WeakMap<object, { count: number }>()

interface Read {
  readonly found: ReturnType<typeof readBack>
  readonly generation: number
}

/** Lists come in parts: where somebody writes in between they are read once more. */
function readQuietly(wanted: Table, socket: NetlinkSocket): Read {
  for (let i = 0; ; i++) {
    const generation = readGeneration(socket.ask(GENERATION_REQUEST))
    const found = readBack(wanted, socket.dump)
    if (i === MOST_READS || readGeneration(socket.ask(GENERATION_REQUEST)) === generation) return { found, generation }
  }
}

/** Somebody who writes all the time is not waited for: what is still wrong is seen the next time. */
const MOST_READS = 5

/**
 * Writes to tables that nobody keeps, in one transaction. It counts as our own: those that are kept need not be read again
 * for it. Throws an Error that shows the command that failed.
 */
export function writeBeside(namespace: NetworkNamespace | undefined, operations: readonly Operation[]): void {
  const socket = openNetfilter(namespace)
  try {
    transact(socket, encodeTransaction(operations, 1))
    ownTransactions(namespace).count++
  } finally {
    socket.close()
  }
}

/** Deletes the tables of that name, of both families, in the namespace of this process; those that are not there are no error. */
export function removeTables(name: string): void {
  const socket = openNetfilter(undefined)
  try {
    const tables = (['ip', 'ip6'] as const).map((family) => ({ family, name }))
    transact(socket, encodeTransaction(tables.flatMap(removal), 1))
  } finally {
    socket.close()
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
function removal({ family, name }: TableName): readonly Operation[] {
  return [
    { kind: 'add table', table: { family, name } },
    { kind: 'delete table', table: { family, name } },
  ]
}

/**
 * Stand-ins that are still there: whoever was here before ended in the middle of a change, and one of them may be what
 * decides. They go in the transaction in which the table decides again.
 */
function leftStandIns({ family, name }: Table, socket: NetlinkSocket): readonly Table[] {
  return standInNames(name)
    .filter((name) => hasTable({ family, name }, socket.dump))
    .map((name) => ({ family, name, sets: OrderedMap.empty(), chains: OrderedMap.empty() }))
}

function transact(socket: NetlinkSocket, { bytes, sequence, parts }: Transaction): void {
  const [failure] = socket.transact(bytes)
  if (failure === undefined) return
  const part = parts[failure.sequence - sequence - 1]
  const command = part === undefined ? 'transaction' : renderOperations([part]).trim()
  throw new KernelError(`nft ${JSON.stringify(command.slice(0, 500))}`, libc().errorName(failure.errno))
}
