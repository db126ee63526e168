// Listeners that say who they are and whom they see, and clients that ask them. No threads: one epoll for all.
import { libc } from '../../../dist/host/libc.js'
import { inNamespace } from '../../../dist/host/namespaces.js'
import { encodeSocketAddress } from '../../../dist/host/relay-socket.js'
import { answerTo, firstPacket, readPacket } from './sctp.mjs'

const [AF_INET, AF_INET6, STREAM, DGRAM, RAW, NONBLOCK, NOSIGNAL, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLLIN] = [
  2, 10, 1, 2, 3, 0o4000, 0x4000, 1, 2, 1,
]
const [SOL_SOCKET, SO_REUSEADDR, IPPROTO_IP, IP_RECVERR, IPPROTO_IPV6, IPV6_RECVERR] = [1, 2, 0, 11, 41, 25]
/** Milliseconds. An answer inside one machine takes microseconds; what has none by now is waited for with others. */
const [SOON, LATE, LONGEST] = [15, 100, 2000]
const IPPROTO_SCTP = 132
const types = { tcp: STREAM, udp: DGRAM, sctp: RAW }
const on = new Int32Array([1])
const ends = { ECONNREFUSED: 'REJECT', EHOSTUNREACH: '-', ENETUNREACH: '-' }

export function openPlaces(namespaces, listeners) {
  const c = libc()
  const epoll = c.epollCreate1(0)
  const events = new Uint8Array(12 * 64)
  const view = new DataView(events.buffer)
  const open = new Map()
  let port = 20_000

  const checked = (what, result) => {
    if (result < 0) throw new Error(`${what}: ${c.errorName(c.errno())}`)
    return result
  }
  const watch = (fd, entry) => {
    const event = new Uint8Array(12)
    new DataView(event.buffer).setUint32(0, EPOLLIN, true)
    new DataView(event.buffer).setInt32(4, fd, true)
    checked('epoll_ctl', c.epollCtl(epoll, EPOLL_CTL_ADD, fd, event))
    open.set(fd, entry)
  }
  const socket = (place, protocol, address, port) => {
    const family = address.includes(':') ? AF_INET6 : AF_INET
    const number = protocol === 'sctp' ? IPPROTO_SCTP : 0
    const fd = checked(
      'socket',
      inNamespace(namespaces.get(place), () => c.socket(family, types[protocol] | NONBLOCK, number)),
    )
    c.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, on, 4)
    const target = encodeSocketAddress({ address, port: protocol === 'sctp' ? 0 : port })
    checked(`bind ${place} ${address}:${port}`, c.bind(fd, target, target.length))
    return fd
  }
  /** For clients. A listener would be woken for ever by an error that nobody takes from its queue. */
  const hearErrors = (fd, protocol, address) => {
    // In IPv6 a TCP client hears only so what it is told during connect().
    if (address.includes(':')) c.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, on, 4)
    else if (protocol !== 'tcp') c.setsockopt(fd, IPPROTO_IP, IP_RECVERR, on, 4)
  }
  const text = (bytes, port = (bytes[2] << 8) | bytes[3]) => {
    const address = bytes[0] === AF_INET ? bytes.subarray(4, 8) : bytes.subarray(8, 24)
    return `${[...address].join('.')}:${port}`
  }

  for (const { place, label, protocol, address, port } of listeners) {
    const fd = socket(place, protocol, address, port)
    if (protocol === 'tcp') checked('listen', c.listen(fd, 64))
    watch(fd, { answer: protocol, label: `${label}:${port}`, port, isIPv4: !address.includes(':') })
  }

  function answer(fd, { answer: protocol, label, port, isIPv4 }) {
    const peer = new Uint8Array(28)
    const length = new Int32Array([28])
    if (protocol === 'sctp') {
      const bytes = new Uint8Array(256)
      const count = c.recvfrom(fd, bytes, bytes.length, 0, peer, length)
      const packet = readPacket(bytes.subarray(0, Math.max(0, count)), isIPv4)
      // A raw socket gets every packet of its protocol.
      if (packet?.destination !== port || !packet.isFirst) return
      const answer = answerTo(packet, `${label} ${text(peer, packet.source)}`)
      peer.fill(0, 2, 4)
      c.sendto(fd, answer, answer.length, 0, peer, length[0])
    } else if (protocol === 'tcp') {
      const connection = c.accept4(fd, peer, length, 0)
      if (connection < 0) return
      const bytes = Buffer.from(`${label} ${text(peer)}`)
      c.send(connection, bytes, bytes.length, NOSIGNAL)
      c.close(connection)
    } else if (c.recvfrom(fd, new Uint8Array(64), 64, 0, peer, length) >= 0) {
      const bytes = Buffer.from(`${label} ${text(peer)}`)
      c.sendto(fd, bytes, bytes.length, 0, peer, length[0])
    }
  }

  /** What the client hears ends its flow. */
  function hear(fd, flow) {
    const bytes = new Uint8Array(256)
    const length = c.recv(fd, bytes, bytes.length, 0)
    const error = length < 0 ? c.errorName(c.errno()) : ''
    if (error === 'EAGAIN' || error === 'EWOULDBLOCK') return
    const received = Buffer.from(bytes.subarray(0, Math.max(0, length)))
    const packet = flow.sctp && error === '' ? readPacket(received, flow.sctp.isIPv4) : undefined
    if (flow.sctp && error === '' && packet?.destination !== flow.sctp.port) return
    const [label, seen] = (packet?.text ?? received.toString()).split(' ')
    finish(fd, flow, error === '' ? `${label}${seen === flow.own ? '' : 'm'}` : (ends[error] ?? error))
  }

  function finish(fd, flow, end) {
    flow.end = end
    if (open.delete(fd)) c.epollCtl(epoll, EPOLL_CTL_DEL, fd, new Uint8Array(12))
    c.close(fd)
  }

  /** Until `done`, or until nothing has happened for that many milliseconds; not for ever. */
  function round(milliseconds, done) {
    const end = performance.now() + LONGEST
    while (!done() && performance.now() < end) {
      const count = c.epollWait(epoll, events, 64, milliseconds)
      if (count <= 0) return
      for (let i = 0; i < count; i++) {
        const fd = view.getInt32(12 * i + 4, true)
        const entry = open.get(fd)
        if (entry?.answer) answer(fd, entry)
        else if (entry) hear(fd, entry)
      }
    }
  }

  const pending = new Set()
  return {
    connect({ from, source, protocol, address, port: to, sourcePort }) {
      const flow = { end: 'DROP', done: false }
      const own = sourcePort ?? port++
      const fd = socket(from, protocol, source ?? (address.includes(':') ? '::' : '0.0.0.0'), own)
      hearErrors(fd, protocol, address)
      const target = encodeSocketAddress({ address, port: protocol === 'sctp' ? 0 : to })
      const connected = c.connect(fd, target, target.length)
      const error = connected < 0 ? c.errorName(c.errno()) : 'EINPROGRESS'
      const name = new Uint8Array(28)
      c.getsockname(fd, name, new Int32Array([28]))
      flow.own = text(name, own)
      if (error !== 'EINPROGRESS') return finishNow(fd, flow, error)
      // What the node itself refuses fails here with EPERM, and what it is told by ICMP comes after.
      if (protocol === 'udp') c.send(fd, Buffer.from('?'), 1, NOSIGNAL)
      if (protocol === 'sctp') {
        flow.sctp = { port: own, isIPv4: !address.includes(':') }
        const packet = firstPacket(own, to)
        c.send(fd, packet, packet.length, NOSIGNAL)
      }
      watch(fd, flow)
      round(SOON, () => !open.has(fd))
      if (open.has(fd)) pending.add(fd)
      return { flow }
    },
    /** What was silent is given a last chance, all together; then it stays silent, whatever a later rule would say. */
    settle() {
      round(LATE, () => [...pending].every((fd) => !open.has(fd)))
      for (const fd of pending) if (open.has(fd)) finish(fd, open.get(fd), 'DROP')
      pending.clear()
    },
  }

  function finishNow(fd, flow, error) {
    flow.end = ends[error] ?? error
    c.close(fd)
    return { flow }
  }
}
