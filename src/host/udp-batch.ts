/**
 * Many datagrams with one system call each way: recvmmsg (Linux 2.6.33) and sendmmsg (3.0).
 *
 * Every datagram has a place of fixed size, where the reply is written over it. Structures are those of 64-bit Linux, in
 * words of 32 bits.
 */
import { formatIP } from '../lib/ip.ts'
import { checked, libc, type Libc } from './libc.ts'
import {
  CLOEXEC,
  encodeSocketAddress,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  NONBLOCK,
  SOCK_DGRAM,
  type SocketAddress,
} from './relay-socket.ts'

/** `struct mmsghdr`: a msghdr of 56 bytes, the length of the datagram, padding. */
const HEADER_WORDS = 16
const [NAME, NAME_LENGTH, VECTORS, VECTOR_COUNT, LENGTH] = [0, 2, 4, 6, 14]
/** `struct iovec`: a pointer and a size. */
const VECTOR_WORDS = 4
const SIZE = 2
/** `struct sockaddr_in6`, and how far such addresses are apart here. */
export const ADDRESS_BYTES = 28
const ADDRESS_ROOM = 32
const AF_INET = 2
/** The upper 96 bits of `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2). */
const MAPPED = 0xffffn
const [SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE] = [1, 8, 33]

export interface UdpBatch {
  /** The places: a datagram stands at the start of its own. What was longer than a place is cut. */
  readonly packets: readonly Uint8Array[]
  /** Takes the datagrams that wait into the places: how many. */
  receive(fd: number): number
  /** Of the datagram in a place. */
  length(place: number): number
  /** The sender's address as text. */
  sender(place: number): string
  /** A copy of the sender's address, as `sendTo` takes it. */
  address(place: number): Uint8Array
  /** The first `length` bytes of a place go back to its sender when `flush` is called. */
  reply(place: number, length: number): void
  /** Sends the replies. What the socket does not take is lost, as UDP may lose it. */
  flush(fd: number): void
}

/** As Node writes it, so that callers treat both alike. */
function failure(c: Libc, call: string, { address, port }: SocketAddress): Error {
  const code = c.errorName(c.errno())
  return Object.assign(new Error(`${call} ${code} ${address}:${port}`), { code, syscall: call, address, port })
}

/** A bound, non-blocking UDP socket. Throws an Error with a code such as EADDRINUSE. */
export function bindUdp(address: SocketAddress): number {
  const c = libc()
  const bytes = encodeSocketAddress(address)
  const fd = c.socket(bytes[0] ?? AF_INET, SOCK_DGRAM | NONBLOCK | CLOEXEC, 0)
  if (fd < 0) throw failure(c, 'socket', address)
  if (c.bind(fd, bytes, bytes.length) === 0) return fd
  const error = failure(c, 'bind', address)
  c.close(fd)
  throw error
}

/** Where a socket is bound. */
export function boundAddress(fd: number): SocketAddress {
  const address = new Uint8Array(ADDRESS_BYTES)
  checked('getsockname', libc().getsockname(fd, address, Uint32Array.of(address.length)))
  return { address: addressText(address, 0), port: ((address[2] ?? 0) << 8) | (address[3] ?? 0) }
}

/** Lets so many bytes of datagrams wait; without the right to more, net.core.rmem_max caps it. */
export function setReceiveBuffer(fd: number, bytes: number): void {
  const { setsockopt } = libc()
  const size = new Int32Array([bytes])
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size, 4) < 0) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size, 4)
}

/** One datagram, to an address that a batch gave. */
export function sendTo(fd: number, bytes: Uint8Array, address: Uint8Array): void {
  libc().sendto(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length)
}

interface Memory {
  readonly data: Uint8Array
  readonly addresses: Uint8Array
  /** Headers and vectors of what was received, one a place; and of what is to be sent, in order. */
  readonly received: Uint32Array
  readonly places: Uint32Array
  readonly sent: Uint32Array
  readonly pieces: Uint32Array
}

function setPointer(words: Uint32Array, at: number, pointer: bigint): void {
  words[at] = Number(pointer & 0xffffffffn)
  words[at + 1] = Number(pointer >> 32n)
}

function makeMemory(c: Libc, capacity: number, size: number): Memory {
  const memory: Memory = {
    data: new Uint8Array(capacity * size),
    addresses: new Uint8Array(capacity * ADDRESS_ROOM),
    received: new Uint32Array(capacity * HEADER_WORDS),
    places: new Uint32Array(capacity * VECTOR_WORDS),
    sent: new Uint32Array(capacity * HEADER_WORDS),
    pieces: new Uint32Array(capacity * VECTOR_WORDS),
  }
  const [data, addresses, places, pieces] = [memory.data, memory.addresses, memory.places, memory.pieces].map((part) =>
    c.address(part),
  ) as [bigint, bigint, bigint, bigint]
  for (let i = 0; i < capacity; i++) {
    const header = i * HEADER_WORDS
    const vector = BigInt(i * VECTOR_WORDS * 4)
    setPointer(memory.received, header + NAME, addresses + BigInt(i * ADDRESS_ROOM))
    memory.received[header + NAME_LENGTH] = ADDRESS_BYTES
    setPointer(memory.received, header + VECTORS, places + vector)
    setPointer(memory.sent, header + VECTORS, pieces + vector)
    memory.received[header + VECTOR_COUNT] = memory.sent[header + VECTOR_COUNT] = 1
    setPointer(memory.places, i * VECTOR_WORDS, data + BigInt(i * size))
    memory.places[i * VECTOR_WORDS + SIZE] = size
  }
  return memory
}

/** The header of reply number `index`: to the sender of `place`, from its memory. */
function fillReply({ received, places, sent, pieces }: Memory, index: number, place: number, length: number): void {
  const [to, from] = [index * HEADER_WORDS, place * HEADER_WORDS]
  sent[to + NAME] = received[from + NAME] ?? 0
  sent[to + NAME + 1] = received[from + NAME + 1] ?? 0
  sent[to + NAME_LENGTH] = received[from + NAME_LENGTH] ?? 0
  pieces[index * VECTOR_WORDS] = places[place * VECTOR_WORDS] ?? 0
  pieces[index * VECTOR_WORDS + 1] = places[place * VECTOR_WORDS + 1] ?? 0
  pieces[index * VECTOR_WORDS + SIZE] = length
}

/** Of a `struct sockaddr_in` or `sockaddr_in6`; an IPv4 address that an IPv6 socket shows is an IPv4 address. */
export function addressText(bytes: Uint8Array, at: number): string {
  if (bytes[at] === AF_INET) return dotted(bytes, at + 4)
  let value = 0n
  for (let i = 0; i < 16; i++) value = (value << 8n) | BigInt(bytes[at + 8 + i] ?? 0)
  return value >> 32n === MAPPED ? dotted(bytes, at + 20) : formatIP({ family: 6, value })
}

function dotted(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** A batch of `capacity` places of `size` bytes each. */
export function createUdpBatch(capacity: number, size: number): UdpBatch {
  const c = libc()
  const memory = makeMemory(c, capacity, size)
  const { received, addresses } = memory
  const packets = Array.from({ length: capacity }, (_, i) => memory.data.subarray(i * size, (i + 1) * size))
  const addressLength = (place: number): number => received[place * HEADER_WORDS + NAME_LENGTH] ?? 0
  let replies = 0
  return {
    packets,
    receive: (fd) => Math.max(0, c.recvmmsg(fd, received, capacity, MSG_DONTWAIT, null)),
    length: (place) => received[place * HEADER_WORDS + LENGTH] ?? 0,
    sender: (place) => addressText(addresses, place * ADDRESS_ROOM),
    address: (place) => addresses.slice(place * ADDRESS_ROOM, place * ADDRESS_ROOM + addressLength(place)),
    reply: (place, length) => fillReply(memory, replies++, place, length),
    flush(fd) {
      for (let from = 0; from < replies; ) {
        // An error is one of the first message that is left: it is passed over.
        const headers = from === 0 ? memory.sent : memory.sent.subarray(from * HEADER_WORDS)
        const count = c.sendmmsg(fd, headers, replies - from, MSG_DONTWAIT | MSG_NOSIGNAL)
        from += count > 0 ? count : 1
      }
      replies = 0
    },
  }
}
