import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

test.each([
  ['a\nb\n', 'a\nb\n', ''],
  ['a\nb\nc\n', 'a\nX\nc\n', '--- f\n+++ f\n@@ -1,4 +1,4 @@\n a\n-b\n+X\n c\n \n'],
  ['a', 'a\nb', '--- f\n+++ f\n@@ -1,1 +1,2 @@\n a\n+b\n'],
  [
    'a\nb\nc\nd\ne\nf\ng\nh',
    'a\nc\nd\ne\nf\ng\nh\ni',
    '--- f\n+++ f\n@@ -1,4 +1,3 @@\n a\n-b\n c\n d\n@@ -7,2 +6,3 @@\n g\n h\n+i\n',
  ],
])('%j to %j', (before, after, expected) => {
  expect(unifiedDiff('f', before, after)).toBe(expected)
})

/** The lines of the new text, as the difference tells them. */
function applied(before: string, diff: string): string {
  const old = before.split('\n')
  const result: string[] = []
  let reached = 0
  for (const line of diff.split('\n').slice(2, -1)) {
    const start = /^@@ -(\d+)/.exec(line)
    if (start !== null) {
      result.push(...old.slice(reached, Number(start[1]) - 1))
      reached = Number(start[1]) - 1
    } else {
      if (!line.startsWith('+')) reached += 1
      if (!line.startsWith('-')) result.push(line.slice(1))
    }
  }
  return [...result, ...old.slice(reached)].join('\n')
}

test('a difference makes the one text from the other', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const diff = unifiedDiff('f', before, after)
      expect(diff === '' ? before : applied(before, diff)).toBe(after)
    }),
  )
})
