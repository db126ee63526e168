/** What the kernel answers to a transaction. Numbers: linux/netlink.h. */
import type { Transaction } from './encode.ts'

export interface Reply {
  readonly sequence: number
  /** A positive errno; 0 acknowledges. */
  readonly error: number
  /** The kernel's own words, where it has some (it sends them where NETLINK_EXT_ACK is set on the socket). */
  readonly message?: string
}

export interface Failure {
  /** Index of the operation that failed; undefined where the transaction failed as a whole. */
  readonly operation: number | undefined
  readonly error: number
  /** `ENOENT`, or `errno 123`. */
  readonly name: string
  readonly message?: string
}

const headerBytes = 16
const errorType = 2
const capped = 0x100
const hasAttributes = 0x200

/** Acknowledgements and errors in what was received: one or several datagrams' bytes. Other messages are passed over. */
export function parseReplies(bytes: Uint8Array): readonly Reply[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const replies: Reply[] = []
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const length = view.getUint32(at, true)
    if (length < headerBytes || at + length > bytes.length) break
    if (view.getUint16(at + 4, true) === errorType && length >= headerBytes + 4) {
      const message = messageOf(view, at, length)
      const reply = { sequence: view.getUint32(at + 8, true), error: 0 - view.getInt32(at + headerBytes, true) }
      replies.push(message === undefined ? reply : { ...reply, message })
    }
    at += (length + 3) & ~3
  }
  return replies
}

/** The attribute with the kernel's words, behind the message that was sent (only its header where flags say so). */
function messageOf(view: DataView, start: number, length: number): string | undefined {
  const flags = view.getUint16(start + 6, true)
  const sent = start + headerBytes + 4
  if ((flags & hasAttributes) === 0 || length < headerBytes + 4 + headerBytes) return undefined
  const end = start + length
  let at = sent + ((flags & capped) === 0 ? (view.getUint32(sent, true) + 3) & ~3 : headerBytes)
  while (at + 4 <= end) {
    const size = view.getUint16(at, true)
    if (size < 4 || at + size > end) return undefined
    if (view.getUint16(at + 2, true) === 1) return ascii(view, at + 4, at + size)
    at += (size + 3) & ~3
  }
  return undefined
}

function ascii(view: DataView, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to && view.getUint8(at) !== 0; at++) text += String.fromCharCode(view.getUint8(at))
  return text
}

/** Those replies that are errors, with the operation that each is about. */
export function failures(transaction: Transaction, replies: readonly Reply[]): readonly Failure[] {
  return replies
    .filter(({ error }) => error !== 0)
    .map(({ sequence, error, ...rest }) => ({
      operation: transaction.operations[sequence - transaction.sequence - 1],
      error,
      name: errorNames[error] ?? `errno ${error}`,
      ...rest,
    }))
}

const errorNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  4: 'EINTR',
  11: 'EAGAIN',
  12: 'ENOMEM',
  16: 'EBUSY',
  17: 'EEXIST',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  31: 'EMLINK',
  34: 'ERANGE',
  39: 'ENOTEMPTY',
  40: 'ELOOP',
  75: 'EOVERFLOW',
  90: 'EMSGSIZE',
  95: 'EOPNOTSUPP',
  105: 'ENOBUFS',
}
