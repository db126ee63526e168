import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { rulePageFiles } from './rule-page.ts'

const folder = new URL('../../../docs/rules/', import.meta.url)
const pages = rulePageFiles()

// PORTOLAN_UPDATE=1 writes the pages.
if (process.env['PORTOLAN_UPDATE'] !== undefined) {
  mkdirSync(folder, { recursive: true })
  for (const [name, page] of pages) writeFileSync(new URL(name, folder), page)
}

test('docs/rules/ holds the page of every rule, and no other', () => {
  expect(readdirSync(folder).toSorted()).toEqual([...pages.keys()].toSorted())
})

test.each([...pages])('docs/rules/%s is what its rule says', (name, page) => {
  expect(readFileSync(new URL(name, folder), 'utf8')).toBe(page)
})
