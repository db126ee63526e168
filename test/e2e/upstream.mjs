// A DNS server for tests, over UDP at 127.0.0.1 and the port given: every question for A has the answer 192.0.2.7, or the
// address given as second argument, and a TTL of a minute. It prints the names as it is asked for them.
import { createSocket } from 'node:dgram'
import packet from 'dns-packet'

const socket = createSocket('udp4')
socket.on('message', (message, { port, address }) => {
  const { id, questions } = packet.decode(message)
  for (const { name } of questions) console.log(`asked ${name}`)
  const answers = questions
    .filter(({ type }) => type === 'A')
    .map(({ name }) => ({ type: 'A', name, ttl: 60, data: process.argv[3] ?? '192.0.2.7' }))
  socket.send(
    packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers }),
    port,
    address,
  )
})
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'))
