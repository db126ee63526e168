// Many clients at once on one port: `node bad-luck-load-client.mjs PORT COUNT ROOM`. Each asks once and then stays
// connected. When ROOM of them have their answers, those go, and the others get their turn. Prints what it saw as JSON.
import { connect } from 'node:net'

const [port, count, room] = process.argv.slice(2).map(Number)
const seen = { atOnce: 0, answered: 0, errors: [] }
const open = new Set()

for (let i = 0; i < count; i++) {
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /hostname HTTP/1.1\r\nHost: a\r\n\r\n'))
  socket.once('data', () => {
    seen.answered++
    open.add(socket)
    seen.atOnce = Math.max(seen.atOnce, open.size)
    if (seen.answered >= room) letGo()
  })
  socket.on('error', ({ code }) => seen.errors.push(code))
}

function letGo() {
  for (const socket of open) socket.destroy()
  open.clear()
}

process.on('exit', () => console.log(JSON.stringify(seen)))
