// Runs as root of namespaces of its own: CHANGES KILLS. Endpoints, a client, and a service proxy that is killed on the way.
import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { text } from 'node:stream/consumers'
import { setSysctls } from '../../../dist/host/sysctl.js'
import { CROSSING, ENDPOINTS } from './states.mjs'

const [changes, kills] = process.argv.slice(2).map(Number)
const script = (name) => fileURLToPath(new URL(name, import.meta.url))
const run = (...command) => {
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
  return stdout
}

run('ip', 'link', 'set', 'lo', 'up')
for (const address of ['10.0.0.1', ...ENDPOINTS]) run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo')
run('ip', 'route', 'add', '10.96.0.0/12', 'dev', 'lo', 'src', '10.0.0.1')
setSysctls(undefined, { 'ipv4.ip_local_port_range': '1024 65535' })
await Promise.all(
  ENDPOINTS.map(
    (address) =>
      new Promise((resolve) => {
        createServer((socket) => {
          socket.on('error', () => {})
          socket.end(address)
        }).listen({ port: 8080, host: address, backlog: 511 }, resolve)
      }),
  ),
)

/** Resolves with the last change that was done: when it ends, or is killed after `lines` of them and `wait` milliseconds. */
function change(from, lines, wait, done) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script('changer.mjs'), from, changes], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (data) => {
      const parts = (rest + data).split('\n')
      rest = parts.pop()
      for (const part of parts) done.push(part.split(' '))
      if (done.length >= lines) setTimeout(() => child.kill('SIGKILL'), wait)
    })
    child.on('close', (code, signal) =>
      code === 0 || signal === 'SIGKILL'
        ? resolve(Number(done.at(-1)?.[0] ?? from))
        : reject(new Error('changer failed')),
    )
  })
}

const done = []
// The first rules, before anybody connects.
spawnSync(process.execPath, [script('changer.mjs'), 0, 0])
done.push(['0', String(process.hrtime.bigint())])
const client = spawn(process.execPath, [script('client.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] })
const connections = text(client.stdout)
let last = 0
// About when the table gets another layout, which takes many transactions.
for (let kill = 1; kill <= kills; kill++) {
  const target = Math.floor((kill * changes) / kills / CROSSING) * CROSSING - 1
  last = await change(last + 1, done.length + target - last, (kill * 53) % 160, done)
}
last = await change(last + 1, Infinity, 0, done)
client.stdin.end()
const listing = run('nft', 'list', 'ruleset')
run('nft', 'flush', 'ruleset')
run(process.execPath, script('changer.mjs'), changes, changes)
const report = {
  done,
  last,
  connections: JSON.parse(await connections),
  listing,
  fresh: run('nft', 'list', 'ruleset'),
}
process.stdout.write(JSON.stringify(report), () => process.exit(0))
