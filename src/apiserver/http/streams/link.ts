/** What carries a SPDY session: messages of a WebSocket, or the plain connection after an upgrade. */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'

export interface Link {
  send(bytes: Buffer): void
  /** Bytes on their way to the client. */
  backlog(): number
  isOpen(): boolean
  onData(listener: (bytes: Buffer) => void): void
  onClose(listener: () => void): void
  /** After what was sent. */
  close(): void
  terminate(): void
}

export function webSocketLink(socket: WebSocket): Link {
  return {
    send: (bytes) => socket.send(bytes),
    backlog: () => socket.bufferedAmount,
    isOpen: () => socket.readyState === socket.OPEN,
    onData: (listener) => void socket.on('message', listener),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.close(1000),
    terminate: () => socket.terminate(),
  }
}

export function connectionLink(socket: Duplex): Link {
  return {
    send: (bytes) => (socket.writable ? void socket.write(bytes) : undefined),
    backlog: () => socket.writableLength,
    isOpen: () => !socket.destroyed,
    onData: (listener) => void socket.on('data', listener),
    onClose: (listener) => void socket.once('close', listener),
    close: () => socket.end(),
    terminate: () => void socket.destroy(),
  }
}

/** Reads no further until the client has taken half of what waits for it. */
export function pauseUntilSent(link: Link, source: { pause(): unknown; resume(): unknown }, maximum: number): void {
  source.pause()
  const look = (): void => {
    if (link.backlog() < maximum / 2 || !link.isOpen()) source.resume()
    else setTimeout(look, 5)
  }
  setTimeout(look, 5)
}
