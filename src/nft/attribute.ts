/** Messages and attributes of netlink, as the kernel gives them and as they were sent. */

export interface Attribute {
  readonly type: number
  /** Whether it says of itself that it holds attributes: the kernel does not always say so. */
  readonly isNested: boolean
  readonly value: DataView
}

const nested = 0x8000
const typeMask = 0x3fff
/** nlmsghdr and nfgenmsg. */
const headerBytes = 20

/** The attributes of one message of nf_tables. */
export function messageAttributes(message: DataView): readonly Attribute[] {
  return attributesOf(part(message, headerBytes, message.byteLength))
}

export function attributesOf(view: DataView): readonly Attribute[] {
  const found: Attribute[] = []
  for (let at = 0; at + 4 <= view.byteLength; ) {
    const [length, type] = [view.getUint16(at, true), view.getUint16(at + 2, true)]
    if (length < 4 || at + length > view.byteLength) break
    found.push({ type: type & typeMask, isNested: (type & nested) !== 0, value: part(view, at + 4, at + length) })
    at += (length + 3) & ~3
  }
  return found
}

function part(view: DataView, from: number, to: number): DataView {
  return new DataView(view.buffer, view.byteOffset + from, Math.max(0, to - from))
}

export function attribute(attributes: readonly Attribute[], type: number): DataView | undefined {
  return attributes.find((one) => one.type === type)?.value
}

/** Of a text that ends with NUL; names are ASCII. */
export function textOf(view: DataView | undefined): string {
  return bytesText(view).replace(/\0.*$/s, '')
}

/** One character for each byte: equal bytes give equal texts. */
export function bytesText(view: DataView | undefined): string {
  if (view === undefined) return ''
  let text = ''
  for (let i = 0; i < view.byteLength; i++) text += String.fromCharCode(view.getUint8(i))
  return text
}
