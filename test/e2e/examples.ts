/** What the comments of an example say. */

export interface TryIt {
  /** Which user the line is for: `anybody` where it does not say. */
  readonly as: 'anybody' | 'root' | 'user'
  readonly line: string
}

const FIRST = /^(#\s*Try it(?: as (root|user))?:\s+)(\S.*)$/

/** The commands after `Try it:`: one a line, below each other, an explanation in brackets after two blanks. */
export function tryItLines(manifest: string): readonly TryIt[] {
  const found: TryIt[] = []
  let column: number | undefined
  let as: TryIt['as'] = 'anybody'
  for (const text of manifest.split('\n')) {
    const [, before = '', user] = FIRST.exec(text) ?? []
    if (before !== '') {
      column = before.length
      as = user === 'root' || user === 'user' ? user : 'anybody'
    } else if (column === undefined || text.slice(1, column).trim() !== '' || !text.startsWith('#')) column = undefined
    if (column === undefined) continue
    const line = text
      .slice(column)
      .replace(/\s{2,}\(.*\)$/, '')
      .trim()
    if (line === '') column = undefined
    else found.push({ as, line })
  }
  return found
}
