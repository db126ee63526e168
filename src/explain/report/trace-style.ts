/** Marks and colours of a terminal. Pure: who prints says what the terminal can. */

export interface Style {
  readonly color: boolean
  /** No character beyond ASCII. */
  readonly ascii: boolean
  /** Columns that a line may take, where it can be broken. */
  readonly width: number
}

export type Role = 'fail' | 'warn' | 'ok' | 'port' | 'place' | 'frame' | 'plain'

const CODES: Readonly<Record<Role, string>> = {
  fail: '1;31',
  warn: '33',
  ok: '32',
  port: '1',
  place: '36;4',
  frame: '2',
  plain: '',
}

/** Colour never says anything that the words beside it do not. */
export function paint({ color }: Style, role: Role, text: string): string {
  const code = CODES[role]
  return color && code !== '' && text !== '' ? `\u001B[${code}m${text}\u001B[0m` : text
}

const ASCII: Readonly<Record<string, string>> = {
  '✓': 'ok',
  '✕': 'X',
  '▲': '!',
  '┄': '-',
  '→': '->',
  '──▶': '-->',
  '─┬─▶': '-+->',
  '├─▶': '|->',
  '└─▶': '`->',
  '▶': '>',
  '─✕': '-X',
  '├─': '|-',
  '└─': '`-',
  '│': '|',
  '─': '-',
  '┬': '+',
  '●': '*',
  '○': 'o',
}
const DRAWN = new RegExp(
  Object.keys(ASCII)
    .toSorted((a, b) => b.length - a.length)
    .join('|'),
  'g',
)

/** What Portolan itself draws, in ASCII where it has to be; values of objects stay as they are. */
export function draw({ ascii }: Style, text: string): string {
  return ascii ? text.replace(DRAWN, (found) => ASCII[found] ?? found) : text
}

/** Control characters of manifests never reach a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu, '\uFFFD')
}

const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
/** East Asian wide characters and emoji. */
const WIDE =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}]/u

/** Columns that a text takes; escape codes take none. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text.replaceAll(ESCAPE, '')) {
    if (/\p{Mn}|\p{Me}|[\u200B-\u200F\uFEFF]/u.test(character)) continue
    width += WIDE.test(character) ? 2 : 1
  }
  return width
}

export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Lines of at most `width` columns, broken at blanks only: a port or a path is never cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const next = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(next) > width) {
      lines.push(line)
      line = word
    } else line = next
  }
  return [...lines, line]
}
