import { openNetlink } from '../../src/host/netlink.ts'
import { resolvedServices } from '../../src/model/resolve-services.ts'
import { encodeChange } from '../../src/nft/encode.ts'
import { nftablesBackend } from '../../src/proxy/backends/nftables.ts'
import { NODE, stateOf } from './state.ts'

const count = Number(process.argv[2] ?? 10000)
const state = stateOf(count)
const socket = openNetlink('netfilter')
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
const c0 = cpu()
const t0 = performance.now()
const services = resolvedServices(state)
const c1 = cpu()
const t1 = performance.now()
const program = nftablesBackend.compile(services, NODE)
const c2 = cpu()
const t2 = performance.now()
const transactions = encodeChange([], [program.table], 1, socket.sendLimit)
const c3 = cpu()
const t3 = performance.now()
for (const { bytes } of transactions) {
  const failures = socket.transact(bytes)
  if (failures.length > 0) throw new Error(JSON.stringify(failures[0]))
}
const c4 = cpu()
const t4 = performance.now()
const show = (n: number) => n.toFixed(0)
console.log(
  `resolve ${show(t1 - t0)} compile ${show(t2 - t1)} encode ${show(t3 - t2)} kernel ${show(t4 - t3)} total ${show(t4 - t0)} CPU-resolve ${show(c1 - c0)} CPU-compile ${show(c2 - c1)} CPU-encode ${show(c3 - c2)} CPU-kernel ${show(c4 - c3)}  CPU-compile+encode+kernel ${show(c4 - c1)} transactions ${transactions.length}`,
)
