// SCTP packets as raw sockets send and get them: a kernel may have no sockets of its own for it (RFC 9260).
const [INIT, INIT_ACK] = [1, 2]
const CHUNK = 12
const TEXT = CHUNK + 20

/** A first packet, and what answers it: `text` stands behind the fixed part, where parameters would. */
export const firstPacket = (source, destination) => packet({ source, destination, tag: 0, type: INIT, text: '' })
export const answerTo = (first, text) =>
  packet({ source: first.destination, destination: first.source, tag: first.ownTag, type: INIT_ACK, text })

function packet({ source, destination, tag, type, text }) {
  const bytes = Buffer.alloc(TEXT + text.length)
  bytes.writeUInt16BE(source, 0)
  bytes.writeUInt16BE(destination, 2)
  bytes.writeUInt32BE(tag, 4)
  bytes.writeUInt8(type, CHUNK)
  bytes.writeUInt16BE(20 + text.length, CHUNK + 2)
  // Tag of its own, window, streams out and in, first number.
  for (const [i, value] of [0x706f7274, 65_535, 0x000a_000a, 1].entries()) bytes.writeUInt32BE(value, CHUNK + 4 + 4 * i)
  bytes.write(text, TEXT)
  bytes.writeUInt32LE(checksum(bytes), 8)
  return bytes
}

/** Undefined where it is none, or its checksum is wrong. Raw sockets of IPv4 give the IP header too. */
export function readPacket(received, isIPv4) {
  const bytes = Buffer.from(received.subarray(isIPv4 ? 4 * (received[0] & 15) : 0))
  if (bytes.length < TEXT) return undefined
  const sum = bytes.readUInt32LE(8)
  bytes.writeUInt32LE(0, 8)
  if (sum !== checksum(bytes)) return undefined
  return {
    source: bytes.readUInt16BE(0),
    destination: bytes.readUInt16BE(2),
    ownTag: bytes.readUInt32BE(CHUNK + 4),
    isFirst: bytes[CHUNK] === INIT,
    text: bytes.subarray(TEXT).toString(),
  }
}

/** CRC32c, of which the field is part as zeros. */
function checksum(bytes) {
  let sum = 0xffff_ffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0x82f6_3b78 : 0)
  }
  return ~sum >>> 0
}
