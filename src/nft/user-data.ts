/** User data of sets, elements and rules: what nft keeps in the kernel for its own printing. Numbers: libnftnl's udata.h. */
import { commentText } from './comment.ts'
import type { MessageWriter } from './message-writer.ts'

/** User data is 8-bit type and length, not padded; numbers in host order. */
export function writeUserNumber(writer: MessageWriter, type: number, value: number): void {
  writer.u8(type)
  writer.u8(4)
  writer.hostU32(value)
}

export function writeUserHeader(writer: MessageWriter, type: number, length: number): void {
  if (length > 255) throw new RangeError(`user data of ${length} bytes is too long`)
  writer.u8(type)
  writer.u8(length)
}

/** A comment of a rule or of an element, with the NUL that nft asks for. */
export function writeUserComment(writer: MessageWriter, comment: string): void {
  const at = writer.length
  writeUserHeader(writer, 0, 0)
  writer.text(commentText(comment))
  writer.u8(0)
  writer.setU8(at + 1, writer.length - at - 2)
}
