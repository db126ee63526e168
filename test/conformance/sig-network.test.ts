/** The list of conformance tests in the documents, and the tests that it names. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** As many as the suite has. */
const COUNT = 47

const rows = [
  ...read('docs/conformance.md').matchAll(/^\| (\d+) \| [A-C]\d? \| (.+) \| \[.+\]\(\.\.\/(.+)\) \|$/gm),
].map(([, number = '', name = '', file = '']) => ({ number: Number(number), name, file }))

test('each of them is there once', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: COUNT }, (_, i) => i + 1))
  expect(new Set(rows.map(({ name }) => name)).size).toBe(COUNT)
})

test.each(rows)('$number: $name', ({ name, file }) => {
  // Not part of a longer name.
  expect(read(file)).toContain(`'${name}'`)
})
