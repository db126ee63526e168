// Answers every connection with the address that it came to. Arguments: addresses; port 8080.
import { createServer } from 'node:net'

let listening = 0
for (const address of process.argv.slice(2)) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    // What is left unread when a socket closes resets the connection, and the answer with it.
    socket.resume().end(address)
  })
  server.listen({ host: address, port: 8080, backlog: 1000 }, () => {
    if (++listening === process.argv.length - 2) process.stdout.write('ready\n')
  })
}
