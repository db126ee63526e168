/**
 * Bytes of netlink messages, written in order. Attributes are 16-bit length and type, padded to four bytes; numbers inside
 * are big endian, those of the header in the host's order (little endian on every Linux that Node 20 ships for but s390x).
 */
export class MessageWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity)
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  /** Forgets everything after `length`. */
  truncate(length: number): void {
    this.#bytes.fill(0, length, this.#length)
    this.#length = length
  }

  /** What was written, until the next write. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Appends zeros; where they begin. */
  zeros(bytes: number): number {
    const at = this.#length
    this.#length = at + bytes
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      grown.set(this.#bytes)
      this.#bytes = grown
      this.#view = new DataView(grown.buffer)
    }
    return at
  }

  /** Appends what is there from `start` to `end` once more; where the copy begins. */
  again(start: number, end: number): number {
    const at = this.zeros(end - start)
    this.#bytes.copyWithin(at, start, end)
    return at
  }

  /** Writes over what is there at `to` what is there at `from`. */
  copy(to: number, from: number, length: number): void {
    this.#bytes.copyWithin(to, from, from + length)
  }

  u8(value: number): void {
    const at = this.zeros(1)
    this.#bytes[at] = value
  }

  /** Writes over what is there. */
  setU8(at: number, value: number): void {
    this.#bytes[at] = value
  }

  setU16(at: number, value: number): void {
    this.#view.setUint16(at, value)
  }

  setU32(at: number, value: number): void {
    this.#view.setUint32(at, value)
  }

  setHostU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  u16(value: number): void {
    const at = this.zeros(2)
    this.#view.setUint16(at, value)
  }

  /** In the host's order. */
  hostU16(value: number): void {
    const at = this.zeros(2)
    this.#view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.zeros(4)
    this.#view.setUint32(at, value)
  }

  /** In the host's order. */
  hostU32(value: number): void {
    const at = this.zeros(4)
    this.#view.setUint32(at, value, true)
  }

  /** UTF-8, without a closing NUL. */
  text(text: string): void {
    const at = this.zeros(text.length)
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code >= 0x80) {
        this.truncate(at + i)
        for (const character of text.slice(i)) this.#codePoint(character.codePointAt(0) ?? 0)
        return
      }
      this.#bytes[at + i] = code
    }
  }

  #codePoint(code: number): void {
    if (code < 0x80) return this.u8(code)
    if (code < 0x800) this.u8(0xc0 | (code >> 6))
    else {
      if (code < 0x10000) this.u8(0xe0 | (code >> 12))
      else {
        this.u8(0xf0 | (code >> 18))
        this.u8(0x80 | ((code >> 12) & 0x3f))
      }
      this.u8(0x80 | ((code >> 6) & 0x3f))
    }
    this.u8(0x80 | (code & 0x3f))
  }

  /** Up to the next multiple of four. */
  pad(): void {
    this.zeros(-this.#length & 3)
  }

  /** Opens an attribute; what is written until `end` of the returned place is its value. */
  begin(type: number): number {
    const at = this.zeros(4)
    this.#view.setUint16(at + 2, type, true)
    return at
  }

  beginNested(type: number): number {
    return this.begin(type | 0x8000)
  }

  end(at: number): void {
    const length = this.#length - at
    if (length > 0xffff) throw new RangeError(`a netlink attribute of ${length} bytes is too long`)
    this.#view.setUint16(at, length, true)
    this.pad()
  }

  attributeU8(type: number, value: number): void {
    const at = this.begin(type)
    this.u8(value)
    this.end(at)
  }

  attributeU32(type: number, value: number): void {
    const at = this.begin(type)
    this.u32(value)
    this.end(at)
  }

  attributeU64(type: number, value: number): void {
    const at = this.begin(type)
    this.u32(Math.floor(value / 2 ** 32))
    this.u32(value)
    this.end(at)
  }

  attributeText(type: number, text: string): void {
    const at = this.begin(type)
    this.text(text)
    this.u8(0)
    this.end(at)
  }

  /** The length field of a message that began at `at`. */
  endMessage(at: number): void {
    this.#view.setUint32(at, this.#length - at, true)
  }
}
