/** Reads what is drawn in an example: expected findings and related places under their lines. */

export interface DrawnPlace {
  readonly line: number
  readonly column: number
  readonly endColumn: number
  /** What follows the drawing: `error: part of the message`. */
  readonly text: string
}

export interface Drawing {
  readonly findings: readonly DrawnPlace[]
  readonly related: readonly DrawnPlace[]
}

const DRAWN = /^#( *)(\^+|-+)(?: (.*))?$/

/** A drawing belongs to the nearest line above that is none. */
export function readDrawing(yaml: string): Drawing {
  const findings: DrawnPlace[] = []
  const related: DrawnPlace[] = []
  let line = 0
  for (const [index, text] of yaml.split('\n').entries()) {
    const match = DRAWN.exec(text)
    if (match === null || text.startsWith('---')) {
      line = index + 1
      continue
    }
    const [, blank = '', mark = '', words = ''] = match
    const column = blank.length + 2
    const place = { line, column, endColumn: column + mark.length, text: words }
    if (mark.startsWith('^')) findings.push(place)
    else related.push(place)
  }
  return { findings, related }
}
