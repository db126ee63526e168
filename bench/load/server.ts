/**
 * The server that all ways lead to: `node server.js ADDRESS PORT`. The first byte of a connection says what is wanted:
 * bytes until the client goes, a sink that confirms the end, one byte and a close, or answers to HTTP requests.
 */
import { libc } from '../../src/host/libc.ts'
import { createPoller, EPOLLIN, type Poller } from '../../src/host/relay-poller.ts'
import { MSG_NOSIGNAL, NONBLOCK, setNoDelay } from '../../src/host/relay-socket.ts'
import { CHUNK_BYTES, limitWaiting, openListener, WISHES } from './sockets.ts'

const [F_SETFL, MSG_DONTWAIT] = [4, 0x40]
const buffer = new Uint8Array(CHUNK_BYTES)
const BODY = 'ok\n'
const RESPONSE = new TextEncoder().encode(
  `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
)

/** One stream has the process for itself: nothing else is measured meanwhile. */
function block(fd: number): void {
  libc().fcntl(fd, F_SETFL, 0)
  limitWaiting(fd, 5)
}

function serve(poller: Poller, fd: number): void {
  const { send, recv, close } = libc()
  const count = recv(fd, buffer, CHUNK_BYTES, MSG_DONTWAIT)
  const wish = count > 0 ? String.fromCharCode(buffer[0] ?? 0) : undefined
  if (wish === WISHES.request) return void send(fd, RESPONSE, RESPONSE.length, MSG_NOSIGNAL)
  if (wish === WISHES.download) {
    block(fd)
    while (send(fd, buffer, CHUNK_BYTES, MSG_NOSIGNAL) > 0);
  } else if (wish === WISHES.upload) {
    block(fd)
    while (recv(fd, buffer, CHUNK_BYTES, 0) > 0);
    send(fd, buffer, 1, MSG_NOSIGNAL)
  } else if (wish === WISHES.connect) send(fd, buffer, 1, MSG_NOSIGNAL)
  poller.forget(fd)
  close(fd)
}

function acceptAll(poller: Poller, listener: number): void {
  const { accept4, recv } = libc()
  const peeked = new Uint8Array(1)
  for (let fd = accept4(listener, null, null, NONBLOCK); fd >= 0; fd = accept4(listener, null, null, NONBLOCK)) {
    const client = fd
    // Only what asks again and again is watched; the others are served and closed in one go.
    if (recv(client, peeked, 1, MSG_DONTWAIT | 2) === 1 && peeked[0] !== WISHES.request.charCodeAt(0)) {
      serve(poller, client)
    } else poller.watch(client, EPOLLIN, () => serve(poller, client))
  }
}

function run(address: string, port: number): never {
  const poller = createPoller()
  const listener = openListener({ address, port })
  libc().fcntl(listener, F_SETFL, NONBLOCK)
  setNoDelay(listener)
  poller.watch(listener, EPOLLIN, () => acceptAll(poller, listener))
  for (;;) poller.dispatch(poller.wait(-1))
}

const [, , address = '127.0.0.1', port] = process.argv
run(address, Number(port))
