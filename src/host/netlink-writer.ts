/** Writes netlink messages one after the other into a growing buffer. Numbers are in host order (little endian) unless said. */
export interface NetlinkWriter {
  begin(type: number, flags: number): void
  end(): void
  u8(value: number): void
  u16(value: number): void
  u32(value: number): void
  bytes(value: Uint8Array): void
  attribute(type: number, write: () => void): void
  attributeU32(type: number, value: number): void
  attributeText(type: number, text: string): void
  attributeBytes(type: number, value: Uint8Array): void
  /** The messages so far, numbered from 1. */
  finish(): Uint8Array
  readonly count: number
}

export function createNetlinkWriter(): NetlinkWriter {
  let buffer = new Uint8Array(4096)
  let view = new DataView(buffer.buffer)
  let length = 0
  let start = 0
  let count = 0
  const reserve = (size: number): number => {
    const at = length
    length += size
    if (length > buffer.length) {
      const bigger = new Uint8Array(Math.max(buffer.length * 2, length))
      bigger.set(buffer)
      buffer = bigger
      view = new DataView(buffer.buffer)
    }
    return at
  }
  const align = (): void => {
    reserve((4 - (length & 3)) & 3)
  }
  const writer: NetlinkWriter = {
    begin(type, flags) {
      start = reserve(16)
      view.setUint16(start + 4, type, true)
      view.setUint16(start + 6, flags, true)
      view.setUint32(start + 8, ++count, true)
    },
    end() {
      view.setUint32(start, length - start, true)
      align()
    },
    u8: (value) => view.setUint8(reserve(1), value),
    u16: (value) => view.setUint16(reserve(2), value, true),
    u32: (value) => view.setUint32(reserve(4), value, true),
    bytes(value) {
      const at = reserve(value.length)
      buffer.set(value, at)
    },
    attribute(type, write) {
      const at = reserve(4)
      view.setUint16(at + 2, type, true)
      write()
      view.setUint16(at, length - at, true)
      align()
    },
    attributeU32: (type, value) => writer.attribute(type, () => writer.u32(value)),
    attributeText: (type, text) => writer.attribute(type, () => writer.bytes(new TextEncoder().encode(`${text}\0`))),
    attributeBytes: (type, value) => writer.attribute(type, () => writer.bytes(value)),
    finish: () => buffer.subarray(0, length),
    get count() {
      return count
    },
  }
  return writer
}
