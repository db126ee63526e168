// The service proxy: FROM TO. Begins with nothing but what the kernel has, and says after each change when it was done.
import { createProxier } from '../../../dist/cluster/proxy/proxier.js'
import { nftablesBackend } from '../../../dist/proxy/backends/nftables.js'
import { NODE, servicesAt } from './states.mjs'

const [from, to] = process.argv.slice(2).map(Number)
const proxier = createProxier(undefined, undefined, 12_000)
const cleaning = setInterval(proxier.clean, 100)
let program
for (let index = from; index <= to; index++) {
  program = nftablesBackend.compile(servicesAt(index), NODE, program)
  proxier.sync(program.table)
  process.stdout.write(`${index} ${process.hrtime.bigint()}\n`)
  await new Promise((resolve) => setImmediate(resolve))
}
clearInterval(cleaning)
proxier.clean()
