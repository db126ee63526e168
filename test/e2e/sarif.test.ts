/** What `portolan check --format sarif` writes, against the JSON schema of SARIF 2.1.0. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkInputs, rulePages } from '../../src/explain/check/check-inputs.ts'
import { DEFAULT_CONFIG } from '../../src/explain/check/config.ts'
import { checks } from '../../src/explain/check/rules/index.ts'
import { sarifReport } from '../../src/explain/report/sarif.ts'
import { CHECKOUT, PORTOLAN } from './network.ts'

interface Validate {
  (value: unknown): boolean
  readonly errors?: readonly object[] | null
}
interface Validator {
  addMetaSchema(schema: unknown): void
  compile(schema: unknown): Validate
}

const load = createRequire(import.meta.url)
const Ajv: new (options: object) => Validator = load('ajv')

/** The schema is a draft 4, which came before `$id`. */
function sarifSchema(): Validate {
  const validator = new Ajv({ schemaId: 'auto', allErrors: true, unknownFormats: 'ignore', meta: false })
  validator.addMetaSchema(load('ajv/lib/refs/json-schema-draft-04.json'))
  return validator.compile(load('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'))
}

interface Log {
  readonly runs: readonly {
    readonly results: readonly {
      readonly ruleId: string
      readonly fixes?: readonly object[]
      readonly relatedLocations?: readonly object[]
    }[]
  }[]
}

const isValid = sarifSchema()
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portolan-sarif-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function sarifOf(...paths: readonly string[]): Log {
  const { stdout } = spawnSync(process.execPath, [PORTOLAN, 'check', '--format', 'sarif', ...paths], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return JSON.parse(stdout)
}

test('the schema refuses what is no SARIF', () => {
  const [run] = sarifOf(join(CHECKOUT, 'examples')).runs
  expect(isValid({ version: '2.1.0', runs: [{ ...run, tool: {} }] })).toBe(false)
  expect(isValid({ version: '2.1.0', runs: [{ ...run, results: [{ ruleId: 'PTL301' }] }] })).toBe(false)
  expect(isValid({ version: '2.1.0', runs: [run] })).toBe(true)
})

test('the findings of every example of every rule', () => {
  const results = checks.flatMap(({ name, examples }) =>
    examples.flatMap(({ yaml, config }, i) => {
      const settings = { config: { ...DEFAULT_CONFIG, ...config } }
      const report = checkInputs([{ file: `rules/${name} ${i}.yaml`, text: yaml }], settings)
      const log: Log = JSON.parse(sarifReport(report, rulePages, '1.0.0'))
      expect(isValid(log), `${name} ${i}: ${JSON.stringify(isValid.errors)}`).toBe(true)
      return log.runs.flatMap((run) => run.results)
    }),
  )
  expect(new Set(results.map(({ ruleId }) => ruleId)).size).toBeGreaterThan(75)
  expect(results.filter(({ fixes }) => fixes !== undefined).length).toBeGreaterThan(5)
  expect(results.filter(({ relatedLocations }) => relatedLocations !== undefined).length).toBeGreaterThan(20)
})

test.each(['empty.yaml', 'unreadable.yaml', 'bytes.yaml'])('%s', (file) => {
  const content = { 'empty.yaml': '', 'unreadable.yaml': 'a: [', 'bytes.yaml': Uint8Array.of(0xff, 0, 0xc3) }
  writeFileSync(join(folder, file), content[file as keyof typeof content])
  const log = sarifOf(file)
  expect(isValid(log), JSON.stringify(isValid.errors)).toBe(true)
  expect(log.runs[0]?.results.length).toBe(file === 'empty.yaml' ? 0 : 1)
})
