import { createSocket } from 'node:dgram'
import { hostAndPort } from '../../lib/ip.ts'
import { lineFor } from './answer.ts'
import type { Identity } from './protocol.ts'

export interface UDPListener {
  readonly port: number
  destroy(): void
}

/** What one datagram can carry over IPv4. */
const LARGEST = 65_507

/** The answer to a datagram: who answered, then what was sent. `hostname` alone is answered with that name. */
export function datagramAnswer(identity: Identity, local: string, source: string, payload: Uint8Array): Uint8Array {
  const sent = Buffer.from(payload)
  if (sent.length < 16 && sent.toString('latin1').trim().toLowerCase() === 'hostname') {
    return Buffer.from(identity.hostname)
  }
  const head = Buffer.from(`${lineFor(identity, local, source)}: `)
  return Buffer.concat([head, sent]).subarray(0, LARGEST)
}

/** Answers each datagram on a bound socket. The local address is the Pod's: a datagram does not tell its own. */
export function listenUDP(
  fd: number,
  family: 4 | 6,
  identity: Identity,
  report: (error: string | undefined) => void,
): UDPListener {
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4')
  let port = 0
  socket.on('message', (payload, { address, port: sourcePort }) => {
    const source = hostAndPort(address.replace(/^::ffff:(?=\d+\.)/, ''), sourcePort)
    // A reply that cannot be sent is lost, as datagrams are.
    socket.send(
      datagramAnswer(identity, hostAndPort(identity.podIP, port), source, payload),
      sourcePort,
      address,
      () => undefined,
    )
  })
  socket.once('error', (error: Error & { code?: string }) => report(error.code ?? error.message))
  socket.bind({ fd }, () => {
    port = socket.address().port
    report(undefined)
  })
  return {
    get port() {
      return port
    },
    destroy: () => socket.close(),
  }
}
