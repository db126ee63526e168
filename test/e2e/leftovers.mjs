// Run inside a machine of a test: prints, one a line, what a bare machine does not have.
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}
const table = (path) => read(path).trim().split('\n').slice(1)
const parentOf = (pid) => Number(/^PPid:\s*(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0)
const isDead = (pid) => /^State:\s*Z/m.test(read(`/proc/${pid}/status`))

/** Whoever looks is there himself. */
const own = new Set()
for (let pid = process.pid; pid > 0; pid = parentOf(pid)) own.add(pid)
own.add(1)

const processes = readdirSync('/proc')
  .filter((name) => /^\d+$/.test(name) && !own.has(Number(name)) && !isDead(name))
  .map((pid) => `process ${pid} ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`)
const links = table('/proc/net/dev')
  .slice(1)
  .map((line) => `link ${line.split(':')[0].trim()}`)
  .filter((line) => line !== 'link lo')
const sockets = ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((protocol) =>
  table(`/proc/net/${protocol}`)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => protocol.startsWith('udp') || state === '0A')
    .map(([, local]) => `${protocol} socket ${local}`),
)
const routes = table('/proc/net/route').map((line) => `route ${line}`)
const mounts = read('/proc/self/mounts')
  .split('\n')
  .filter((line) => line.includes('portolan'))
  .map((line) => `mount ${line}`)
let rules = []
try {
  rules = execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' }).split('\n').filter(Boolean)
} catch (error) {
  // Without the program nobody looks.
  if (error.code !== 'ENOENT') throw error
}
process.stdout.write(
  [...processes, ...links, ...sockets, ...routes, ...mounts, ...rules].map((line) => `${line}\n`).join(''),
)
