import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonReport } from '../report/json.ts'
import { junitReport } from '../report/junit.ts'
import { prettyReport } from '../report/pretty.ts'
import { sarifReport } from '../report/sarif.ts'
import { checkInputs, rulePages } from './check-inputs.ts'
import { checks } from './rules/index.ts'

const RUNS = process.env['PORTOLAN_LONG'] === undefined ? 400 : 50_000
const TIMEOUT = process.env['PORTOLAN_LONG'] === undefined ? 30_000 : 1_800_000

const STYLE = { color: false, ascii: false, width: 100 }
const folder = new URL('../../../test/check/healthy/', import.meta.url)
const seeds = [
  ...readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8')),
  ...checks.flatMap(({ examples }) => examples.map(({ yaml }) => yaml)),
]

/** What breaks texts: bits of YAML, control characters, halves of surrogates, numbers at the edge. */
const SHARDS = [
  '\0',
  '\uFEFF',
  '\t',
  '\r\n',
  '\uD800',
  '\uFFFD',
  '---\n',
  '...\n',
  '&a ',
  '*a',
  '<<: *a\n',
  '{{ .Values.x }}',
  '# portolan:ignore PTL301 -- x\n',
  '[',
  '}',
  '"',
  "'",
  '|\n',
  '>-\n',
  '!!binary ',
  '- ',
  '? ',
  ': ',
  '-1',
  '0',
  '65536',
  '9999999999999999999',
  '1e999',
  '.nan',
  'null',
  '~',
  'true',
  '0x1F',
  '__proto__',
  'constructor',
  '  ',
  '\n',
]

type Mutation = { readonly at: number; readonly length: number; readonly put: string }

const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat(12),
        put: fc.oneof(fc.constantFrom(...SHARDS), fc.string({ maxLength: 6 })),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  )
  .map(([seed, mutations]) =>
    mutations.reduce((text: string, { at, length, put }: Mutation) => {
      const offset = Math.floor(at * text.length)
      return text.slice(0, offset) + put + text.slice(offset + length)
    }, seed),
  )

function checkAll(text: string): void {
  const report = checkInputs([{ file: 'fuzz.yaml', text }])
  for (const { location, message, fixes } of report.findings) {
    expect(location.line).toBeGreaterThan(0)
    expect(location.column).toBeGreaterThan(0)
    expect(message).not.toMatch(/undefined|\[object|NaN/)
    for (const { edits } of fixes) expect(edits.length).toBeGreaterThan(0)
  }
  const { summary } = JSON.parse(jsonReport(report)) as { summary: { errors: number } }
  expect(summary.errors).toBe(report.summary.errors)
  const pretty = prettyReport(report, { style: STYLE, terminal: true })
  expect(pretty).toBe(prettyReport(checkInputs([{ file: 'fuzz.yaml', text }]), { style: STYLE, terminal: true }))
  expect(pretty).not.toMatch(/[\p{Cc}](?<!\n)/u)
  expect(junitReport(report, true)).not.toMatch(/[\p{Cc}](?<![\n])/u)
  expect(() => JSON.parse(sarifReport(report, rulePages, '0')) as unknown).not.toThrow()
}

test(
  'mutated manifests never break the checks',
  () => {
    fc.assert(fc.property(mutated, checkAll), { numRuns: RUNS })
  },
  TIMEOUT,
)

test(
  'any text at all',
  () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), checkAll), { numRuns: Math.min(RUNS, 5000) })
  },
  TIMEOUT,
)

const VERSIONS: Readonly<Record<string, string>> = {
  Ingress: 'networking.k8s.io/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  CronJob: 'batch/v1',
  EndpointSlice: 'discovery.k8s.io/v1',
}

/** Values of every type in every place that the rules read. */
const anything = fc.jsonValue({ maxDepth: 2 })
const shaken = fc
  .tuple(
    fc.constantFrom(
      'Service',
      'Pod',
      'Deployment',
      'StatefulSet',
      'CronJob',
      'Ingress',
      'HTTPRoute',
      'Gateway',
      'NetworkPolicy',
      'EndpointSlice',
      'Endpoints',
      'ServiceMonitor',
      'Node',
      'ConfigMap',
      'Kustomization',
      'ReferenceGrant',
    ),
    fc.array(
      fc.tuple(fc.constantFrom('spec', 'metadata', 'ports', 'endpoints', 'subsets', 'data', 'rules'), anything),
      { maxLength: 4 },
    ),
    anything,
  )
  .map(([kind, fields, inner]) =>
    JSON.stringify({
      apiVersion: VERSIONS[kind] ?? (/Route|Gate|Grant/.test(kind) ? 'gateway.networking.k8s.io/v1' : 'v1'),
      kind,
      metadata: { name: 'a' },
      spec: {
        ports: inner,
        selector: inner,
        rules: inner,
        template: { spec: { containers: inner }, metadata: { labels: inner } },
        containers: inner,
        ingress: inner,
        egress: [inner],
        parentRefs: inner,
        listeners: inner,
      },
      ...Object.fromEntries(fields),
    }),
  )

test(
  'values of any type in any place',
  () => {
    fc.assert(
      fc.property(fc.array(shaken, { minLength: 1, maxLength: 3 }), (documents) => {
        checkAll(documents.join('\n---\n'))
      }),
      { numRuns: Math.min(RUNS, 5000) },
    )
  },
  TIMEOUT,
)

test.each([
  [
    'a YAML bomb',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'
      .split('')
      .map((name, i) => `${name}: &${name} [${`*${'abcdefghij'[i]},`.repeat(9)}]`)
      .join('\n')}\n`,
  ],
  ['deep nesting', '['.repeat(100_000)],
  ['deep mappings', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['a huge scalar', `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: ${'x'.repeat(2_000_000)} }\n`],
  ['many documents', '---\na: 1\n'.repeat(20_000)],
  [
    'many ports',
    `apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec:\n  type: ExternalName\n  externalName: a.b\n  ports:\n${Array.from({ length: 2000 }, (_, i) => `  - { name: p${i}, port: ${i + 1} }`).join('\n')}\n`,
  ],
  [
    'a text for slow patterns',
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: "${'a.'.repeat(9000)}" }\n`,
  ],
])(
  '%s ends soon',
  (_name, text) => {
    const report = checkInputs([{ file: 'a.yaml', text }])
    expect(prettyReport(report, { style: STYLE, terminal: false }).length).toBeGreaterThan(0)
  },
  10_000,
)
