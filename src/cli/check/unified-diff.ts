/** Lines of context around a change. */
const CONTEXT = 2

/** Lines `oldStart` to `oldEnd` (exclusive, from 0) became `newStart` to `newEnd`. */
interface Change {
  readonly oldStart: number
  readonly oldEnd: number
  readonly newStart: number
  readonly newEnd: number
}

/** A diff as `diff -u` writes it; empty for equal texts. */
export function unifiedDiff(file: string, before: string, after: string): string {
  const [old, next] = [before.split('\n'), after.split('\n')]
  const hunks = grouped(changes(old, next)).map((group) => hunkText(old, next, group))
  return hunks.length === 0 ? '' : `--- ${file}\n+++ ${file}\n${hunks.join('')}`
}

function changes(old: readonly string[], next: readonly string[]): readonly Change[] {
  const found: Change[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < next.length) {
    if (i < old.length && j < next.length && old[i] === next[j]) {
      i += 1
      j += 1
      continue
    }
    const [oldEnd, newEnd] = resynchronized(old, next, i, j)
    found.push({ oldStart: i, oldEnd, newStart: j, newEnd })
    i = oldEnd
    j = newEnd
  }
  return found
}

/** The nearest pair of lines at which both go on alike. Fixes change few lines, so that it is near. */
function resynchronized(
  old: readonly string[],
  next: readonly string[],
  i: number,
  j: number,
): readonly [number, number] {
  for (let distance = 1; distance < old.length + next.length; distance += 1) {
    for (let step = 0; step <= distance; step += 1) {
      const [a, b] = [i + step, j + distance - step]
      const isAlike = a < old.length && b < next.length && old[a] === next[b]
      if (isAlike && (a + 1 >= old.length || old[a + 1] === next[b + 1])) return [a, b]
    }
  }
  return [old.length, next.length]
}

/** Changes whose context would meet are one hunk. */
function grouped(all: readonly Change[]): readonly (readonly Change[])[] {
  const groups: Change[][] = []
  for (const change of all) {
    const last = groups.at(-1)
    const end = last?.at(-1)?.oldEnd
    if (last === undefined || end === undefined || change.oldStart - end > 2 * CONTEXT) groups.push([change])
    else last.push(change)
  }
  return groups
}

function hunkText(old: readonly string[], next: readonly string[], group: readonly Change[]): string {
  const [first, last] = [group[0], group.at(-1)]
  if (first === undefined || last === undefined) return ''
  const from = Math.max(0, first.oldStart - CONTEXT)
  const to = Math.min(old.length, last.oldEnd + CONTEXT)
  const lines: string[] = []
  let reached = from
  for (const { oldStart, oldEnd, newStart, newEnd } of group) {
    lines.push(...old.slice(reached, oldStart).map((line) => ` ${line}`))
    lines.push(...old.slice(oldStart, oldEnd).map((line) => `-${line}`))
    lines.push(...next.slice(newStart, newEnd).map((line) => `+${line}`))
    reached = oldEnd
  }
  lines.push(...old.slice(reached, to).map((line) => ` ${line}`))
  const newFrom = first.newStart - (first.oldStart - from)
  const newLength = lines.filter((line) => !line.startsWith('-')).length
  return `@@ -${from + 1},${to - from} +${newFrom + 1},${newLength} @@\n${lines.join('\n')}\n`
}
