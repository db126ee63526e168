/** Most bytes of a comment that nft reads back: 128 with the closing NUL. */
const maxBytes = 127

/** A comment as both encodings carry it: nft's text has no way to escape a quotation mark. */
export function commentText(comment: string): string {
  let text = ''
  let bytes = 0
  for (const character of comment) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes > maxBytes) break
    text += code < 0x20 || code === 0x7f ? ' ' : character === '"' ? "'" : character
  }
  return text
}
