/** A client of one question at a time, over UDP on loopback. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const LOCAL = '127.0.0.1'
const [TYPE_A, TYPE_SOA, CLASS_IN] = [1, 6, 1]
/** Milliseconds until the question is asked again. */
const AGAIN = 20

function query(host: string, type: number): Uint8Array {
  const labels = host.split('.').flatMap((label) => [label.length, ...Buffer.from(label)])
  return Uint8Array.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, CLASS_IN])
}

export interface Client {
  /** The last four bytes of the answer: of one that is an address, that. */
  address(host: string): Promise<number>
  close(): void
}

export async function createClient(port: number): Promise<Client> {
  const socket = createSocket('udp4')
  socket.connect(port, LOCAL)
  await once(socket, 'connect')
  return {
    async address(host) {
      socket.send(query(host, TYPE_A))
      const [reply] = (await once(socket, 'message')) as [Buffer]
      return reply.readUInt32BE(reply.length - 4)
    },
    close: () => socket.close(),
  }
}

/** Resolves with whether the server at `port` answers for its zone before the signal comes. */
export async function answersBefore(signal: AbortSignal, port: number, zone: string): Promise<boolean> {
  const socket = createSocket('udp4')
  // Nobody listens yet.
  socket.on('error', () => undefined)
  socket.connect(port, LOCAL)
  await once(socket, 'connect')
  const asking = setInterval(() => socket.send(query(zone, TYPE_SOA), () => undefined), AGAIN)
  const answered = await new Promise<boolean>((resolve) => {
    socket.once('message', () => resolve(true))
    signal.addEventListener('abort', () => resolve(false))
  })
  clearInterval(asking)
  socket.close()
  return answered
}
