// Opens connections until its standard input ends, some at a time. JSON: begin, end, and the endpoint or the error of each.
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { SERVICE } from './states.mjs'

/** The last two in milliseconds. */
const [AT_ONCE, MOST, PATIENCE, PAUSE] = [4, 60_000, 5000, 1]
const connections = []
const input = { isOver: false }

function open() {
  return new Promise((resolve) => {
    const begin = process.hrtime.bigint()
    const socket = connect(SERVICE.port, SERVICE.address)
    let text = ''
    const finish = (outcome) => {
      socket.destroy()
      connections.push([String(begin), String(process.hrtime.bigint()), outcome])
      resolve()
    }
    socket.setTimeout(PATIENCE, () => finish('no answer'))
    socket.on('error', ({ code }) => finish(code))
    socket.on('data', (data) => void (text += data))
    socket.on('end', () => finish(text))
  })
}

process.stdin.on('end', () => void (input.isOver = true)).resume()
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (!input.isOver && connections.length < MOST) {
      await open()
      await pause(PAUSE)
    }
  }),
)
process.stdout.write(JSON.stringify(connections), () => process.exit(0))
