// A DNS server for tests: answers every question for A with 192.0.2.7, over UDP at 127.0.0.1 and the port given.
import { createSocket } from 'node:dgram'
import packet from 'dns-packet'

const socket = createSocket('udp4')
socket.on('message', (message, { port, address }) => {
  const { id, questions } = packet.decode(message)
  const answers = questions
    .filter(({ type }) => type === 'A')
    .map(({ name }) => ({ type: 'A', name, ttl: 5, data: '192.0.2.7' }))
  socket.send(
    packet.encode({ type: 'response', id, flags: packet.RECURSION_AVAILABLE, questions, answers }),
    port,
    address,
  )
})
socket.bind(Number(process.argv[2]), '127.0.0.1', () => console.log('ready'))
