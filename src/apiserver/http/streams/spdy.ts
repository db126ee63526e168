/** SPDY/3.1 frames, as much as port-forward needs: streams with headers, data, and their ends. No flow control: client-go has none. */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'
import { SPDY_DICTIONARY } from './spdy-dictionary.ts'

const VERSION = 3
const [SYN_STREAM, SYN_REPLY, RST_STREAM, PING, GOAWAY] = [1, 2, 3, 6, 7]
const FLAG_FIN = 1
const HEAD = 8
/** No client sends longer frames. */
const MAXIMUM_FRAME = 1024 * 1024
const STATUS_CANCEL = 5

export type Headers = Readonly<Record<string, string>>

export interface SpdyEvents {
  /** The client opened a stream. */
  stream(id: number, headers: Headers): void
  data(id: number, chunk: Buffer, isLast: boolean): void
  reset(id: number): void
  /** The client speaks something else: nothing more comes. */
  broken(reason: string): void
}

export interface SpdySession {
  receive(bytes: Buffer): void
  /** Tells the client that its stream is accepted. */
  reply(id: number): void
  data(id: number, chunk: Buffer, isLast: boolean): void
  reset(id: number): void
  /** Resolves when everything so far was given to `send`. */
  flushed(): Promise<void>
  close(): void
}

/** `send` takes whole frames. */
export function createSpdySession(send: (frame: Buffer) => void, events: SpdyEvents): SpdySession {
  const inflate = createInflate({ dictionary: SPDY_DICTIONARY, finishFlush: constants.Z_SYNC_FLUSH })
  const deflate = createDeflate({ dictionary: SPDY_DICTIONARY, flush: constants.Z_SYNC_FLUSH })
  for (const stream of [inflate, deflate]) stream.on('error', (error) => events.broken(error.message))
  let buffered: Buffer = Buffer.alloc(0)
  // Headers are uncompressed one after the other, and what comes behind them waits.
  let incoming = Promise.resolve()
  let outgoing = Promise.resolve()

  async function handle(frame: Buffer): Promise<void> {
    const flags = frame[4] ?? 0
    if (frame.readUInt8(0) < 0x80) {
      return events.data(frame.readUInt32BE(0), frame.subarray(HEAD), (flags & FLAG_FIN) !== 0)
    }
    const type = frame.readUInt16BE(2)
    const id = frame.length >= HEAD + 4 ? frame.readUInt32BE(HEAD) & 0x7fffffff : 0
    if (type === SYN_STREAM) events.stream(id, await readHeaders(inflate, frame.subarray(HEAD + 10)))
    else if (type === RST_STREAM) events.reset(id)
    else if (type === PING) send(frame)
    else if (type === GOAWAY) events.broken('the client leaves')
  }

  return {
    receive(bytes) {
      buffered = buffered.length === 0 ? bytes : Buffer.concat([buffered, bytes])
      while (buffered.length >= HEAD) {
        const length = HEAD + (buffered.readUInt32BE(4) & 0xffffff)
        if (length > MAXIMUM_FRAME) return events.broken('a frame is too long')
        if (buffered.length < length) return
        const frame = buffered.subarray(0, length)
        buffered = buffered.subarray(length)
        incoming = incoming.then(() => handle(frame)).catch((error: unknown) => events.broken(String(error)))
      }
    },
    reply(id) {
      outgoing = outgoing.then(async () => send(control(SYN_REPLY, id, await transform(deflate, encodeHeaders({})))))
    },
    data(id, chunk, isLast) {
      outgoing = outgoing.then(() => {
        const head = Buffer.alloc(HEAD)
        head.writeUInt32BE(id, 0)
        head.writeUInt32BE((isLast ? FLAG_FIN << 24 : 0) + chunk.length, 4)
        send(Buffer.concat([head, chunk]))
      })
    },
    reset(id) {
      outgoing = outgoing.then(() => send(control(RST_STREAM, id, Buffer.from([0, 0, 0, STATUS_CANCEL]))))
    },
    flushed: () => outgoing,
    close() {
      inflate.destroy()
      deflate.destroy()
    },
  }
}

function control(type: number, id: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(HEAD + 4)
  head.writeUInt16BE(0x8000 | VERSION, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt32BE(rest.length + 4, 4)
  head.writeUInt32BE(id, HEAD)
  return Buffer.concat([head, rest])
}

/** The compressor keeps its memory from one block to the next. */
function transform(stream: Inflate | Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject)
    stream.write(block, () => {
      stream.off('error', reject)
      const out: unknown = stream.read()
      resolve(Buffer.isBuffer(out) ? out : Buffer.alloc(0))
    })
  })
}

async function readHeaders(inflate: Inflate, block: Buffer): Promise<Headers> {
  const text = await transform(inflate, block)
  let position = 0
  const length = (): number => {
    position += 4
    return text.readUInt32BE(position - 4)
  }
  const word = (): string => {
    const size = length()
    position += size
    return text.toString('latin1', position - size, position)
  }
  const headers: Record<string, string> = {}
  for (let left = length(); left > 0 && position < text.length; left--) headers[word().toLowerCase()] = word()
  return headers
}

function encodeHeaders(headers: Headers): Buffer {
  const entries = Object.entries(headers)
  return Buffer.concat([
    uint32(entries.length),
    ...entries.flat().flatMap((word) => [uint32(word.length), Buffer.from(word, 'latin1')]),
  ])
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32BE(value)
  return buffer
}
