import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseManifest } from '../../manifest/parse.ts'
import { buildChart } from '../chart/build.ts'
import type { ChartModel } from '../chart/model.ts'
import { manifestWorld } from '../trace/static.ts'
import { blockHint, replaceBlock } from './chart-block.ts'
import { printChart, type ChartFormat, type ChartKind } from './chart.ts'
import { escapeLabel } from './mermaid.ts'
import { widthOf, type Style } from './trace-style.ts'

const FOLDER = new URL('../../../test/chart/', import.meta.url)
const YAML = readFileSync(new URL('services.yaml', FOLDER), 'utf8')
const PLAIN: Style = { color: false, ascii: false, width: 100 }

function model(yaml = YAML, service?: string): ChartModel {
  return buildChart(manifestWorld(parseManifest(yaml, 'a.yaml')), service === undefined ? {} : { service })
}

function golden(name: string): string {
  return new URL(`golden/${name}`, FOLDER).pathname
}

describe('golden files', () => {
  const FORMATS: readonly (readonly [ChartKind, ChartFormat, string])[] = [
    ['flow', 'mermaid', 'flow.md'],
    ['sequence', 'mermaid', 'sequence.md'],
    ['dns', 'mermaid', 'dns.md'],
    ['flow', 'svg', 'flow.svg'],
    ['sequence', 'svg', 'sequence.svg'],
    ['flow', 'terminal', 'flow.txt'],
    ['dns', 'terminal', 'dns.txt'],
    ['flow', 'json', 'model.json'],
  ]
  test.each(FORMATS)('%s as %s', async (kind, format, file) => {
    await expect(printChart(model(), { kind, format, style: PLAIN })).toMatchFileSnapshot(golden(file))
  })

  test.each([60, 80, 120])('terminal at %i columns', async (width) => {
    const text = printChart(model(), { kind: 'flow', format: 'terminal', style: { ...PLAIN, width } })
    await expect(text).toMatchFileSnapshot(golden(`flow-${width}.txt`))
    expect(text.split('\n').filter((line) => widthOf(line) > width && !line.includes('✕'))).toEqual([])
  })

  test('ASCII', async () => {
    const text = printChart(model(), { kind: 'flow', format: 'terminal', style: { ...PLAIN, ascii: true } })
    expect(text).toMatch(/^[\n\x20-\x7e]*$/)
    await expect(text).toMatchFileSnapshot(golden('flow-ascii.txt'))
  })
})

describe('Mermaid', () => {
  const HOSTILE: readonly (readonly [string, string])[] = [
    ['a"b', 'a#34;b'],
    ['a;b', 'a#59;b'],
    ['#35;', '#35;35#59;'],
    ['<img src=x>', '#60;img src=x#62;'],
    ['end', 'en#100;'],
    ['End', 'En#100;'],
    ['a[b](c){d}|e\\f@g`h%i&j', 'a#91;b#93;#40;c#41;#123;d#125;#124;e#92;f#64;g#96;h#37;i#38;j'],
    ['line\nbreak', 'line break'],
  ]
  test.each(HOSTILE)('%j is shown as it is', (text, escaped) => {
    expect(escapeLabel(text)).toBe(escaped)
  })

  test('no character of a value can end a label', { timeout: 30_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeLabel(text, true).replaceAll(/#\d+;/g, '')).not.toMatch(/["<>&;|[\](){}%\\@`:#\n\r]/)
      }),
    )
  })

  test('one Service is a bare diagram; in a file it has its fence', () => {
    const one = model(YAML, 'inner')
    expect(printChart(one, { kind: 'flow', format: 'mermaid', style: PLAIN })).toMatch(/^flowchart LR\n/)
    expect(printChart(one, { kind: 'flow', format: 'mermaid', style: PLAIN, fenced: true })).toMatch(/^```mermaid\n/)
  })

  test('many Pods are folded, and the odd one is always shown', () => {
    const pods = Array.from(
      { length: 30 },
      (_, i) =>
        `---\napiVersion: v1\nkind: Pod\nmetadata: {name: p${i}, namespace: shop, labels: {app: many}}\nspec: {containers: [{name: c, ports: [{name: ${i === 29 ? 'other' : 'http'}, containerPort: 80}]}]}\n`,
    )
    const yaml = `apiVersion: v1\nkind: Service\nmetadata: {name: many, namespace: shop}\nspec: {selector: {app: many}, ports: [{port: 80, targetPort: http}]}\n${pods.join('')}`
    const text = printChart(model(yaml), { kind: 'flow', format: 'mermaid', style: PLAIN })
    expect(text).toContain('23 more Pods')
    expect(text).toContain('left out#58; no port http'.replace('#58;', ':'))
    expect(text.length).toBeLessThan(4500)
  })
})

test('hostile names stay text in SVG', () => {
  const yaml = YAML.replaceAll('smtp.example.net', '"<script>alert(1)</script>"')
  const svg = printChart(model(yaml), { kind: 'flow', format: 'svg', style: PLAIN })
  expect(svg).not.toContain('<script')
  expect(svg).toContain('&lt;')
})

test('every kind in every format of any manifest, without an exception', () => {
  const text = fc.constantFrom(
    '80',
    '"x"',
    'null',
    '[]',
    '{}',
    'None',
    'LoadBalancer',
    'NodePort',
    'ExternalName',
    '-1',
  )
  const yaml = fc
    .tuple(text, text, text, text)
    .map(
      ([type, port, target, selector]) =>
        `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ${type}, clusterIP: ${selector}, selector: ${selector}, externalName: ${target}, ports: [{port: ${port}, targetPort: ${target}, nodePort: ${port}, name: ${type}}]}\n`,
    )
  fc.assert(
    fc.property(
      yaml,
      fc.constantFrom<ChartKind>('flow', 'sequence', 'dns'),
      fc.constantFrom<ChartFormat>('mermaid', 'svg', 'terminal'),
      (source, kind, format) => {
        const drawn = printChart(model(source), { kind, format, style: PLAIN })
        expect(drawn).not.toMatch(/undefined|NaN|\[object/)
      },
    ),
    { numRuns: 200 },
  )
})

describe('the block of a Markdown file', () => {
  const FILE = '# Title\n\n<!-- portolan:chart -->\nold\n<!-- /portolan:chart -->\n\nrest\n'
  const ROWS: readonly (readonly [string, string, string | undefined, string | undefined])[] = [
    ['is replaced', FILE, undefined, '# Title\n\n<!-- portolan:chart -->\nnew\n<!-- /portolan:chart -->\n\nrest\n'],
    [
      'keeps CR LF',
      FILE.replaceAll('\n', '\r\n'),
      undefined,
      '# Title\r\n\r\n<!-- portolan:chart -->\r\nnew\r\n<!-- /portolan:chart -->\r\n\r\nrest\r\n',
    ],
    [
      'has a name where there are several',
      FILE.replace('chart -->', 'chart b -->'),
      'b',
      '# Title\n\n<!-- portolan:chart b -->\nnew\n<!-- /portolan:chart -->\n\nrest\n',
    ],
    ['may be missing', '# Title\n', undefined, undefined],
    ['may be of another name', FILE, 'b', undefined],
  ]
  test.each(ROWS)('%s', (_, text, name, expected) => {
    expect(replaceBlock(text, name, 'new\n')?.text).toBe(expected)
  })

  test('is stale once: what was written is found true', () => {
    const first = replaceBlock(FILE, undefined, 'new $& text\n')
    expect(first?.stale).toBe(true)
    expect(replaceBlock(first?.text ?? '', undefined, 'new $& text\n')?.stale).toBe(false)
    expect(blockHint('b')).toBe('<!-- portolan:chart b --> and <!-- /portolan:chart -->')
  })
})
