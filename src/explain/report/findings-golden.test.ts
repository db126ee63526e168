import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkInputs, rulePages } from '../check/check-inputs.ts'
import type { CheckReport } from '../check/report.ts'
import { shortReport } from './findings-short.ts'
import { githubReport } from './github.ts'
import { jsonReport } from './json.ts'
import { junitReport } from './junit.ts'
import { prettyReport } from './pretty.ts'
import { sarifReport } from './sarif.ts'
import { widthOf } from './trace-style.ts'

const root = new URL('../../../test/check/', import.meta.url)
const samples = readdirSync(new URL('samples/', root))

const PLAIN = { color: false, ascii: false, width: 100 }

const FORMATS: Readonly<Record<string, (report: CheckReport) => string>> = {
  'pretty.txt': (report) => prettyReport(report, { style: PLAIN, terminal: false }),
  'terminal.txt': (report) => prettyReport(report, { style: PLAIN, terminal: true, seconds: 0.21 }),
  'terminal-80-ascii.txt': (report) =>
    prettyReport(report, { style: { color: false, ascii: true, width: 80 }, terminal: true, seconds: 0.21 }),
  'short.txt': shortReport,
  json: jsonReport,
  'sarif.json': (report) =>
    sarifReport(
      report,
      rulePages.filter(({ code }) => report.findings.some((one) => one.code === code)),
      '1.0.0',
    ),
  'github.txt': (report) => githubReport(report).annotations,
  'github.md': (report) => githubReport(report).summary,
  'junit.xml': (report) => junitReport(report, true),
}

function reportOf(sample: string): CheckReport {
  return checkInputs([{ file: sample, text: readFileSync(new URL(`samples/${sample}`, root), 'utf8') }])
}

describe.each(samples)('%s', (sample) => {
  test.each(Object.keys(FORMATS))('as %s', (format) => {
    const golden = new URL(`golden/${sample.replace('.yaml', '')}.${format}`, root)
    const text = FORMATS[format]?.(reportOf(sample)) ?? ''
    // PORTOLAN_UPDATE=1 writes what is to be read and kept.
    if (process.env['PORTOLAN_UPDATE'] !== undefined) {
      mkdirSync(new URL('.', golden), { recursive: true })
      writeFileSync(golden, text)
    }
    expect(existsSync(golden)).toBe(true)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  })
})

interface Sarif {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly partialFingerprints: object
      readonly locations: readonly { readonly physicalLocation: { readonly artifactLocation: object } }[]
    }[]
  }[]
}

function sarifOf(report: CheckReport): Sarif['runs'][number] {
  const { runs } = JSON.parse(sarifReport(report, rulePages, '1.0.0')) as Sarif
  const [run] = runs
  if (run === undefined) throw new Error('no run')
  return run
}

test('SARIF always has results, and each result its rule', () => {
  expect(sarifOf(reportOf('nothing.yaml')).results).toEqual([])
  const { results, tool } = sarifOf(reportOf('service.yaml'))
  expect(results.length).toBeGreaterThan(5)
  for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
})

test('fingerprints stay when lines move, and are different for different findings', () => {
  const text = readFileSync(new URL('samples/service.yaml', root), 'utf8')
  const prints = (moved: string): readonly object[] =>
    sarifOf(checkInputs([{ file: 'a.yaml', text: moved }])).results.map((one) => one.partialFingerprints)
  expect(prints(`\n\n${text}`)).toEqual(prints(text))
  expect(new Set(prints(text).map((one) => JSON.stringify(one))).size).toBe(prints(text).length)
})

test.each([
  ['./a b/ü.yaml', { uri: 'a%20b/%C3%BC.yaml', uriBaseId: '%SRCROOT%' }],
  ['/tmp/a.yaml', { uri: 'file:///tmp/a.yaml' }],
  ['<stdin>', { uri: '%3Cstdin%3E', uriBaseId: '%SRCROOT%' }],
])('the SARIF address of %s', (file, expected) => {
  const { results } = sarifOf(checkInputs([{ file, text: 'a: [' }]))
  expect(results[0]?.locations[0]?.physicalLocation.artifactLocation).toEqual(expected)
})

describe('GitHub', () => {
  const text = Array.from(
    { length: 15 },
    (_, i) =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: s${i} }\nspec: { type: ExternalName, externalName: 192.0.2.${i} }\n`,
  ).join('---\n')
  const report = checkInputs([{ file: 'a%,:b.yaml', text }])

  test('shows ten of a kind and counts the others', () => {
    const { annotations, leftOut, summary } = githubReport(report)
    expect(annotations.trim().split('\n')).toHaveLength(10)
    expect(leftOut).toBe(5)
    expect(summary.match(/PTL112/g)).toHaveLength(15)
  })

  test('the summary keeps below what GitHub takes, and says what is missing', () => {
    const charts = Array.from({ length: 300 }, (_, i) => ({ service: `shop/s${i}`, mermaid: 'x'.repeat(10_000) }))
    const { summary } = githubReport(report, charts)
    expect(Buffer.byteLength(summary)).toBeLessThan(900 * 1024)
    expect(summary).toMatch(/\n2\d\d more charts do not fit here\.\n$/)
    expect(summary.match(/PTL112/g)).toHaveLength(15)
  })

  test('escapes what would end a property', () => {
    expect(githubReport(report).annotations).toMatch(/^::error file=a%25%2C%3Ab\.yaml,line=4,/)
  })
})

describe('in a terminal', () => {
  const service = (i: number): string =>
    `apiVersion: v1\nkind: Service\nmetadata: { name: s${i} }\nspec: { type: ExternalName, externalName: 192.0.2.${i} }\n`
  const many = checkInputs([{ file: 'a.yaml', text: Array.from({ length: 25 }, (_, i) => service(i)).join('---\n') }])

  test('the worst twenty are shown, the others counted by rule', () => {
    const text = prettyReport(many, { style: PLAIN, terminal: true })
    expect(text.match(/^ ✕ /gm)).toHaveLength(20)
    expect(text).toContain('and 5 more: --format short shows all of them\n     5  PTL112 external-name-is-ip\n')
    expect(text.trimEnd().split('\n').at(-1)).toBe('25 errors in 25 Services, 1 file')
  })

  test.each([60, 80, 100, 120])('no line of the list is wider than %i columns', (width) => {
    const text = prettyReport(many, { style: { ...PLAIN, width }, terminal: true })
    const lines = text.split('\n').filter((line) => !line.includes('│'))
    expect(lines.filter((line) => line.startsWith(' ') && widthOf(line) > width)).toEqual([])
  })

  test('colour is only what stands beside words, and none where it is not wanted', () => {
    const escape = String.fromCharCode(27)
    const painted = prettyReport(many, { style: { ...PLAIN, color: true }, terminal: true })
    expect(painted).toContain(`${escape}[1;31m`)
    const codes = new RegExp(`${escape}\\[[0-9;]*m`, 'g')
    expect(painted.replaceAll(codes, '')).toBe(prettyReport(many, { style: PLAIN, terminal: true }))
    expect(prettyReport(many, { style: PLAIN, terminal: true })).not.toContain(escape)
  })
})

test('JUnit fails for warnings where they are to fail', () => {
  const report = reportOf('service.yaml')
  const failures = (strict: boolean): number => junitReport(report, strict).match(/<failure /g)?.length ?? 0
  expect([failures(false), failures(true)]).toEqual([
    report.summary.errors,
    report.summary.errors + report.summary.warnings,
  ])
})
