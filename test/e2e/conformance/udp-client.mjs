// Sends WORDS from one port to HOST PORT all the time, and prints who answers whenever that is another one.
import { createSocket } from 'node:dgram'

const [host, port, words = 'hostname'] = process.argv.slice(2)
const socket = createSocket('udp4')
let last = ''
socket.on('message', (message) => {
  // A stand-in says more, and who asked, to other words than hostname.
  const name = message.toString().split(' from ')[0]
  if (name !== last) process.stdout.write(`${name}\n`)
  last = name
})
// Refused while nobody serves.
socket.on('error', () => undefined)
socket.bind(12_345, () => setInterval(() => socket.send(words, Number(port), host), 20))
