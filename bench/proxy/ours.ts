/** Measures Portolan's service proxy in the network namespace in which it is started: SERVICES SECONDS. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProxier } from '../../src/cluster/proxy/proxier.ts'
import { openNetlink } from '../../src/host/netlink.ts'
import { resolvedServices } from '../../src/model/resolve-services.ts'
import type { Snapshot } from '../../src/model/snapshot.ts'
import { encodeChange } from '../../src/nft/encode.ts'
import { GENERATION_REQUEST, readGeneration } from '../../src/nft/read-back.ts'
import { withRoom } from '../../src/nft/room.ts'
import type { Table } from '../../src/nft/ruleset.ts'
import { nftablesBackend, type NodeProgram } from '../../src/proxy/backends/nftables.ts'
import { median } from '../measurement.ts'
import type { ColdFigures, Figures } from './figures.ts'
import { NODE, stateOf, withEndpointsChanged } from './state.ts'

/** Changes before those that count: the code is not compiled yet when the first one comes. */
const WARM_UP = 200
const CHANGES = 300
/** Milliseconds between two writes under churn. */
const TICK = 20

const [count = 100, seconds = 5] = process.argv.slice(2).map(Number)
const socket = openNetlink('netfilter')
let state = stateOf(count)
let program: NodeProgram | undefined
let held: readonly Table[] = []
let turn = 0

function write(table: Table): { readonly encode: number; readonly kernel: number } {
  const start = performance.now()
  const next = withRoom(held, table)
  const transactions = encodeChange(held, [next], 1, socket.sendLimit)
  const encoded = performance.now()
  for (const { bytes } of transactions) {
    const [failure] = socket.transact(bytes)
    if (failure !== undefined) throw new Error(`the kernel refused a transaction: errno ${failure.errno}`)
  }
  held = [next]
  return { encode: encoded - start, kernel: performance.now() - encoded }
}

function sync(next: Snapshot): ColdFigures {
  const start = performance.now()
  const services = resolvedServices(next)
  const [resolved, cpu] = [performance.now(), process.cpuUsage()]
  const compiled = nftablesBackend.compile(services, NODE, program)
  const compile = performance.now() - resolved
  const written = write(compiled.table)
  const { user, system } = process.cpuUsage(cpu)
  program = compiled
  const unsettled = performance.now()
  nftablesBackend.settle(compiled)
  const settle = performance.now() - unsettled
  return { resolve: resolved - start, compile, ...written, cpu: (user + system) / 1000, settle }
}

/** Throws where anything is written. */
function restart(): number {
  const [services, start] = [resolvedServices(state), performance.now()]
  const generation = (): number => readGeneration(socket.ask(GENERATION_REQUEST))
  const before = generation()
  createProxier().sync(nftablesBackend.compile(services, NODE).table)
  const taken = performance.now() - start
  if (generation() !== before) throw new Error('a restart over what is there wrote something')
  return taken
}

function change(services: number): void {
  turn++
  const chosen = Array.from({ length: services }, (_, i) => (turn * 7919 + i * 104_729) % count)
  state = withEndpointsChanged(state, chosen, turn)
  sync(state)
}

function oneChange(): number {
  const times = Array.from({ length: WARM_UP + CHANGES }, () => {
    const start = performance.now()
    change(1)
    return performance.now() - start
  })
  return median(times.slice(WARM_UP))
}

async function churn(): Promise<number> {
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  let done = 0
  while (performance.now() - start < seconds * 1000) {
    const due = Math.floor(((performance.now() - start) / 1000) * count * 0.01)
    if (due > done) change(due - done)
    done = Math.max(due, done)
    await sleep(TICK)
  }
  const { user, system } = process.cpuUsage(cpu)
  return (user + system) / 10 / (performance.now() - start)
}

const cold = sync(state)
const figures: Figures = {
  cold,
  change: oneChange(),
  churn: await churn(),
  memory: Number(/^Pss:\s+(\d+)/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8'))?.[1]) / 1024,
  // Last: it keeps a second table in memory.
  restart: restart(),
}
process.stdout.write(JSON.stringify(figures))
