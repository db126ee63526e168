/** `node flood.js KIND PORT RATE SECONDS`: sends to a name server on loopback what it has no use for. */
import { checked, libc } from '../../src/host/libc.ts'
import {
  CLOEXEC,
  closeWithReset,
  encodeSocketAddress,
  NONBLOCK,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../../src/host/relay-socket.ts'

export type FloodKind = 'connections' | 'malformed' | 'random names'

const AF_INET = 2
const MSG_DONTWAIT = 0x40
/** Connections that are held open; then the oldest one ends. */
const HELD = 2000
const HEADER = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]

function socketTo(type: number, port: number): number {
  const c = libc()
  const fd = checked('socket', c.socket(AF_INET, type | NONBLOCK | CLOEXEC, 0))
  const address = encodeSocketAddress({ address: '127.0.0.1', port })
  // A TCP connection is still under way.
  c.connect(fd, address, address.length)
  return fd
}

function connections(port: number): () => void {
  const held: number[] = []
  let at = 0
  return () => {
    const oldest = held[at]
    if (oldest !== undefined) closeWithReset(oldest)
    held[at] = socketTo(SOCK_STREAM, port)
    at = (at + 1) % HELD
  }
}

function datagrams(port: number, next: () => Uint8Array): () => void {
  const fd = socketTo(SOCK_DGRAM, port)
  return () => {
    const bytes = next()
    libc().send(fd, bytes, bytes.length, MSG_DONTWAIT)
  }
}

/** A name that goes beyond the end of the packet. */
const MALFORMED = Uint8Array.from([...HEADER, 63, ...Array.from({ length: 20 }, () => 120)])

function randomName(): Uint8Array {
  const label = Math.random().toString(36).slice(2, 12).padEnd(10, 'x')
  const labels = [label, 'ns-1', 'svc', 'cluster', 'local'].flatMap((text) => [text.length, ...Buffer.from(text)])
  return Uint8Array.from([...HEADER, ...labels, 0, 0, 1, 0, 1])
}

const senders: Readonly<Record<string, (port: number) => () => void>> = {
  connections,
  malformed: (port) => datagrams(port, () => MALFORMED),
  'random names': (port) => datagrams(port, randomName),
}

const [kind = '', ...numbers] = process.argv.slice(2)
const [port = 0, rate = 0, seconds = 0] = numbers.map(Number)
const send = senders[kind]?.(port)
if (send === undefined) throw new Error(`no flood is called ${kind}`)
const sleeper = new Int32Array(new SharedArrayBuffer(4))
const start = performance.now()
for (let sent = 0; sent < rate * seconds; Atomics.wait(sleeper, 0, 0, 1)) {
  for (const due = Math.floor(((performance.now() - start) / 1000) * rate); sent < due; sent++) send()
}
