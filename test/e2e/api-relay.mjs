// From a socket in the file system, which every network namespace sees, to a port of this one: SOCKET PORT.
import { connect, createServer } from 'node:net'

const [path, port] = process.argv.slice(2)
const server = createServer((from) => {
  const to = connect(Number(port), '127.0.0.1')
  for (const [one, other] of [
    [from, to],
    [to, from],
  ]) {
    one.pipe(other)
    one.on('error', () => other.destroy())
  }
})
server.listen(path, () => process.stdout.write('ready\n'))
