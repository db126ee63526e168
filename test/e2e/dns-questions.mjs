// Asks `portolan dns` one question after the other: dns-questions.mjs PORT NAME TIMES. Ends when all are answered.
import { createSocket } from 'node:dgram'

const [port = '', name = '', times = ''] = process.argv.slice(2)
const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]))
const query = Buffer.concat([
  Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
  ...labels,
  Buffer.from([0, 0, 1, 0, 1]),
])
const socket = createSocket('udp4')
let left = Number(times)
socket.on('message', (reply) => {
  if (reply.readUInt16BE(6) !== 1) throw new Error(`no answer: ${reply.toString('hex')}`)
  if (--left === 0) socket.close()
  else socket.send(query)
})
socket.connect(Number(port), '127.0.0.1', () => socket.send(query))
