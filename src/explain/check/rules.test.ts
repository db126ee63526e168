import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Example } from './check.ts'
import { checkInputs, rulePages } from './check-inputs.ts'
import { DEFAULT_CONFIG } from './config.ts'
import { drawFindings } from './draw.ts'
import { readDrawing } from './example.ts'
import type { Finding } from './finding.ts'
import { inputUnreadable, type RulePage, unusedSuppression } from './input-rules.ts'
import { checks } from './rules/index.ts'

const EVERY_RULE = rulePages.map((page) => [page.code, page.name, page] as const)

function findingsOf({ code }: RulePage, { yaml, config }: Example): readonly Finding[] {
  const settings = { config: { ...DEFAULT_CONFIG, ...config } }
  return checkInputs([{ file: 'example.yaml', text: yaml }], settings).findings.filter(
    (finding) => finding.code === code,
  )
}

function bare(yaml: string): string {
  return yaml
    .split('\n')
    .filter((line) => !/^#( *)(\^+|-+)( |$)/.test(line))
    .join('\n')
}

// PORTOLAN_UPDATE=1 draws what the rules find into their files; read the difference before you keep it.
if (process.env['PORTOLAN_UPDATE'] !== undefined) {
  const ofInput = [inputUnreadable, unusedSuppression]
  for (const check of rulePages) {
    const file = ofInput.includes(check) ? 'input-rules.ts' : `rules/${check.name}.ts`
    const path = new URL(file, import.meta.url).pathname
    let source = readFileSync(path, 'utf8')
    for (const example of check.examples) {
      const plain = { ...example, yaml: bare(example.yaml) }
      source = source.replace(example.yaml, () => drawFindings(plain.yaml, findingsOf(check, plain)))
    }
    writeFileSync(path, source)
  }
}

describe.each(EVERY_RULE)('%s %s', (_code, _name, check) => {
  test.each(check.examples.map((example) => [example.title, example] as const))('%s', (_title, example) => {
    const findings = findingsOf(check, example)
    expect(`\n${drawFindings(bare(example.yaml), findingsOf(check, { ...example, yaml: bare(example.yaml) }))}`).toBe(
      `\n${example.yaml}`,
    )
    const drawing = readDrawing(example.yaml)
    expect(findings).toHaveLength(drawing.findings.length)
  })

  test('fires in its first example and not in its last', () => {
    const drawn = check.examples.map(({ yaml }) => readDrawing(yaml).findings.length)
    expect(drawn.at(0)).toBeGreaterThan(0)
    expect(drawn.filter((count) => count === 0).length).toBeGreaterThan(0)
  })

  test('says something on its page', () => {
    for (const text of [check.summary, check.why, check.remediation]) expect(text).toMatch(/^\S[\s\S]{10,}\.$/)
    expect(check.code).toMatch(/^PTL\d{3}$/)
  })
})

test('every file in rules/ is registered, under the name of its rule', () => {
  const files = readdirSync(new URL('rules/', import.meta.url)).filter((file) => file !== 'index.ts')
  expect(checks.map(({ name }) => `${name}.ts`).toSorted()).toEqual(files.toSorted())
})

test('codes and names are unique, and in order', () => {
  const codes = checks.map(({ code }) => code)
  expect(codes).toEqual([...new Set(codes)].toSorted())
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length)
})
