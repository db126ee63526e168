/** The chart block of a Markdown file: what stands between two comments. */

export interface BlockChange {
  /** The whole file with the block as it should be. */
  readonly text: string
  readonly stale: boolean
}

/** Undefined where the file has no such block. A name is needed where a file has several. */
export function replaceBlock(text: string, name: string | undefined, content: string): BlockChange | undefined {
  const title = name === undefined ? '' : ` ${name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`
  const block = new RegExp(`(<!-- portolan:chart${title} -->)([\\s\\S]*?)(<!-- /portolan:chart -->)`)
  const found = block.exec(text)
  if (found === null) return undefined
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const body = `\n${content.trimEnd()}\n`.replaceAll('\n', newline)
  const [whole, start = '', old = '', end = ''] = found
  const next = `${text.slice(0, found.index)}${start}${body}${end}${text.slice(found.index + whole.length)}`
  return { text: next, stale: old !== body }
}

/** What to write into a file that has no block yet. */
export function blockHint(name: string | undefined): string {
  return `<!-- portolan:chart${name === undefined ? '' : ` ${name}`} --> and <!-- /portolan:chart -->`
}
