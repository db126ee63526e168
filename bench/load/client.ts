/** `node client.js ADDRESS PORT upload|download|connect SECONDS` prints bytes or connections per second. */
import { checked, libc } from '../../src/host/libc.ts'
import { closeWithReset, encodeSocketAddress, MSG_NOSIGNAL } from '../../src/host/relay-socket.ts'
import { CHUNK_BYTES, openConnection, WISHES } from './sockets.ts'

const buffer = new Uint8Array(CHUNK_BYTES)
const SHUT_WR = 1
/** Connections that are open at once. */
const BATCH = 32

type Measure = (address: Uint8Array, deadline: number) => number

function wish(fd: number, kind: keyof typeof WISHES): void {
  const first = new Uint8Array([WISHES[kind].charCodeAt(0)])
  checked('send', libc().send(fd, first, 1, MSG_NOSIGNAL))
}

/** The one byte that ends an upload and a short connection. */
function receiveLast(fd: number): void {
  const { recv, close } = libc()
  if (checked('recv', recv(fd, buffer, CHUNK_BYTES, 0)) !== 1) throw new Error('the last byte did not come')
  if (checked('recv', recv(fd, buffer, CHUNK_BYTES, 0)) !== 0) throw new Error('more came than the last byte')
  close(fd)
}

const measures: Readonly<Record<string, Measure>> = {
  download(address, deadline) {
    const { recv } = libc()
    const fd = openConnection(address)
    wish(fd, 'download')
    let bytes = 0
    while (performance.now() < deadline) {
      const count = checked('recv', recv(fd, buffer, CHUNK_BYTES, 0))
      if (count === 0) throw new Error('the stream ended early')
      bytes += count
    }
    // The client's namespace may be gone before the kernel would answer later bytes.
    closeWithReset(fd)
    return bytes
  },
  upload(address, deadline) {
    const { send, shutdown } = libc()
    const fd = openConnection(address)
    wish(fd, 'upload')
    let bytes = 0
    while (performance.now() < deadline) bytes += checked('send', send(fd, buffer, CHUNK_BYTES, MSG_NOSIGNAL))
    shutdown(fd, SHUT_WR)
    receiveLast(fd)
    return bytes
  },
  connect(address, deadline) {
    let connections = 0
    for (; performance.now() < deadline; connections += BATCH) {
      const fds = Array.from({ length: BATCH }, () => {
        const fd = openConnection(address)
        wish(fd, 'connect')
        return fd
      })
      for (const fd of fds) receiveLast(fd)
    }
    return connections
  },
}

function run(address: Uint8Array, measure: Measure | undefined, seconds: number): void {
  if (measure === undefined) throw new Error(`no such measure, there are ${Object.keys(measures).join(', ')}`)
  const start = performance.now()
  const count = measure(address, start + seconds * 1000)
  console.log(count / ((performance.now() - start) / 1000))
}

const [, , address = '', port, measure = '', seconds] = process.argv
run(encodeSocketAddress({ address, port: Number(port) }), measures[measure], Number(seconds))
