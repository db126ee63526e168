import { describe, expect, test } from 'vitest'
import { applyEdits, overlaps } from './apply-edits.ts'
import { checkInputs } from './check-inputs.ts'
import { DEFAULT_CONFIG } from './config.ts'
import type { Edit } from './finding.ts'
import { fixInputs } from './fix.ts'
import { checks } from './rules/index.ts'

function fixed(text: string): string | undefined {
  return fixInputs([{ file: 'a.yaml', text }], () => true).inputs[0]?.text
}

const SERVICE = `# the shop
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: ExternalName   # for now
  externalName: www.example.com
  ports:
`

describe('comments and layout stay', () => {
  test.each([
    [
      'a name before a port',
      '    - port: 8000   # old\n    - name: b\n      port: 81\n',
      '    - name: tcp-8000\n      port: 8000   # old\n    - name: b\n      port: 81\n',
    ],
    [
      'in a flow mapping',
      '    - { port: 8000 }\n    - {name: b, port: 81}\n',
      '    - { name: tcp-8000, port: 8000 }\n    - {name: b, port: 81}\n',
    ],
    [
      'after another key',
      '    - protocol: TCP\n      port: 8000\n    - {name: b, port: 81}\n',
      '    - protocol: TCP\n      name: tcp-8000\n      port: 8000\n    - {name: b, port: 81}\n',
    ],
    ['quotes', `    - port: 80\n      targetPort: '80' # why\n`, `    - port: 80\n      targetPort: 80 # why\n`],
    ['capitals', '    - port: 80\n      protocol: "udp"\n', '    - port: 80\n      protocol: UDP\n'],
  ])('%s', (_name, before, after) => {
    expect(fixed(SERVICE + before)).toBe(SERVICE + after)
  })

  test('line ends and a byte order mark', () => {
    const before = `\uFEFF${SERVICE}    - port: 8000\n    - {name: b, port: 81}\n`.replaceAll('\n', '\r\n')
    const after = `\uFEFF${SERVICE}    - name: tcp-8000\n      port: 8000\n    - {name: b, port: 81}\n`.replaceAll(
      '\n',
      '\r\n',
    )
    expect(fixed(before)).toBe(after)
  })

  test('JSON stays JSON', () => {
    const json = (ports: string): string =>
      `{\n  "apiVersion": "v1", "kind": "Service", "metadata": { "name": "web" },\n  "spec": { "type": "ExternalName", "externalName": "a.example.com", "ports": [\n${ports}\n  ] }\n}\n`
    const text = fixed(json('    { "port": 8000, "protocol": "udp" },\n    {\n      "port": 81\n    }'))
    expect(text).toBe(
      json(
        '    { "name": "udp-8000", "port": 8000, "protocol": "UDP" },\n    {\n      "name": "tcp-81",\n      "port": 81\n    }',
      ),
    )
    expect(() => JSON.parse(text ?? '') as unknown).not.toThrow()
  })
})

const safe = checks.flatMap((check) =>
  check.examples.flatMap(({ title, yaml, config }) => {
    const settings = { config: { ...DEFAULT_CONFIG, ...config } }
    const { findings } = checkInputs([{ file: 'a.yaml', text: yaml }], settings)
    const isFixable = findings.some(({ code, fixes }) => code === check.code && fixes.some((fix) => fix.safe))
    return isFixable ? [{ code: check.code, title, yaml, settings }] : []
  }),
)

describe('every safe fix of an example', () => {
  test('exists', () => {
    const codes = [...new Set(safe.map(({ code }) => code))]
    expect(codes).toEqual([
      'PTL101',
      'PTL105',
      'PTL106',
      'PTL107',
      'PTL115',
      'PTL210',
      'PTL211',
      'PTL409',
      'PTL411',
      'PTL602',
      'PTL801',
    ])
  })

  test.each(safe.map((row) => [`${row.code}: ${row.title}`, row] as const))('%s', (_name, { code, yaml, settings }) => {
    const { applied, report } = fixInputs([{ file: 'a.yaml', text: yaml }], () => true, settings)
    expect(applied.length).toBeGreaterThan(0)
    expect(report.findings.filter((finding) => finding.code === code && finding.fixes.some((fix) => fix.safe))).toEqual(
      [],
    )
  })
})

test('files that may not be written are left alone', () => {
  const inputs = [{ file: '<stdin>', text: `${SERVICE}    - port: 80\n      protocol: udp\n` }]
  expect(fixInputs(inputs, (file) => file !== '<stdin>')).toMatchObject({ inputs, applied: [] })
})

test('an unused comment is removed with its line', () => {
  const text = `${SERVICE}    # portolan:ignore PTL301 -- so\n    - port: 5432 # portolan:ignore PTL302 -- so\n`
  expect(fixed(text)).toBe(`${SERVICE}    - port: 5432 \n`)
})

const edit = (line: number, column: number, endLine: number, endColumn: number, newText = ''): Edit => ({
  file: 'a',
  line,
  column,
  endLine,
  endColumn,
  newText,
})

test('edits of one text', () => {
  expect(applyEdits('ab\r\ncd\ref', [edit(3, 1, 3, 2, 'X'), edit(1, 2, 2, 2, '-'), edit(3, 3, 3, 3, '!')])).toBe(
    'a-d\rXf!',
  )
})

test.each([
  [edit(1, 1, 1, 3), edit(1, 3, 1, 4), false],
  [edit(1, 1, 1, 3), edit(1, 2, 1, 4), true],
  [edit(1, 1, 1, 1), edit(1, 1, 1, 1), true],
  [edit(1, 1, 2, 1), edit(1, 9, 1, 9), true],
  [edit(1, 1, 1, 3), { ...edit(1, 2, 1, 4), file: 'b' }, false],
])('%o and %o', (left, right, expected) => {
  expect(overlaps(left, right)).toBe(expected)
  expect(overlaps(right, left)).toBe(expected)
})
