// Many clients at once on one port: `node bad-luck-load-client.mjs PORT COUNT`. Each asks once and then stays connected.
// First it waits until no more answers come, then it lets those go that have theirs. Prints what it saw as JSON.
import { connect } from 'node:net'

const [port, count] = process.argv.slice(2).map(Number)
const QUIET = 700
const seen = { atOnce: 0, answered: 0, failed: 0, errors: {} }
const open = new Set()
let letGo = false
let quiet

for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /hostname HTTP/1.1\r\nHost: a\r\n\r\n'))
  socket.once('data', () => {
    seen.answered++
    if (letGo) return socket.destroy()
    open.add(socket)
    quiet = quiet?.refresh() ?? setTimeout(release, QUIET)
  })
  socket.on('error', ({ code }) => {
    seen.failed++
    seen.errors[code] = (seen.errors[code] ?? 0) + 1
  })
}

function release() {
  seen.atOnce = seen.answered
  letGo = true
  for (const socket of open) socket.destroy()
}

process.on('exit', () => console.log(JSON.stringify(seen)))
