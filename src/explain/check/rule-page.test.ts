import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { findPage, rulePageFiles } from './rule-page.ts'

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

test.each(['PTL901', 'ptl201', 'nothing-listening'])('%s has a page', (rule) => {
  expect(findPage(rule)).toMatch(/^# PTL\d{3} \S+\n/)
})

test('every rule that the source names has a page', () => {
  const source = new URL('../../', import.meta.url)
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  const texts = files
    .filter((name) => !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, source), 'utf8'))
  const codes = new Set(texts.flatMap((text) => text.match(/'PTL\d{3}'/g) ?? []).map((code) => code.slice(1, -1)))
  expect(codes.size).toBeGreaterThan(80)
  expect([...codes].filter((code) => findPage(code) === undefined)).toEqual([])
})
