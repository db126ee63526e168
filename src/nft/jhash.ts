/** Bob Jenkins' lookup3 hash over bytes, as the kernel's jhash() gives it on a little endian machine. */
export function jhash(bytes: Uint8Array, seed: number): number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const start = (0xdeadbeef + bytes.length + seed) | 0
  let state: readonly [number, number, number] = [start, start, start]
  let at = 0
  for (; bytes.length - at > 12; at += 12) state = mix(add(state, words, at))
  return bytes.length === 0 ? start >>> 0 : final(add(state, words, at)) >>> 0
}

/** A hash scaled to 0 .. modulus - 1, as nft's `mod` does: by multiplication, not by remainder. */
export function scale(hash: number, modulus: number): number {
  return Number((BigInt(hash >>> 0) * BigInt(modulus)) >> 32n)
}

type State = readonly [number, number, number]

function add([a, b, c]: State, words: DataView, at: number): State {
  return [a + word(words, at), b + word(words, at + 4), c + word(words, at + 8)]
}

/** Four bytes, zeros after the end. */
function word(words: DataView, at: number): number {
  let value = 0
  for (let i = 0; i < 4 && at + i < words.byteLength; i++) value |= words.getUint8(at + i) << (8 * i)
  return value
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}

function mix([x, y, z]: State): State {
  let [a, b, c] = [x | 0, y | 0, z | 0]
  a = ((a - c) ^ rotate(c, 4)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotate(a, 6)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotate(b, 8)) | 0
  b = (b + a) | 0
  a = ((a - c) ^ rotate(c, 16)) | 0
  c = (c + b) | 0
  b = ((b - a) ^ rotate(a, 19)) | 0
  a = (a + c) | 0
  c = ((c - b) ^ rotate(b, 4)) | 0
  b = (b + a) | 0
  return [a, b, c]
}

function final([x, y, z]: State): number {
  let [a, b, c] = [x | 0, y | 0, z | 0]
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  return ((c ^ b) - rotate(b, 24)) | 0
}
