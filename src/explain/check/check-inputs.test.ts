import { describe, expect, test } from 'vitest'
import { checkInputs, findRule, rulePages } from './check-inputs.ts'
import { DEFAULT_CONFIG } from './config.ts'
import type { CheckInput } from './inputs.ts'

const SERVICE = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`
const pod = (app: string, extra = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${app}, labels: { app: ${app} }${extra} }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }], readinessProbe: { tcpSocket: { port: 8080 } } }] }
`

/** `PTL201 error`, for each finding that is no mere information. */
function found(inputs: readonly CheckInput[], config = DEFAULT_CONFIG): readonly string[] {
  return checkInputs(inputs, { config })
    .findings.filter(({ severity }) => severity !== 'info')
    .map(({ code, severity }) => `${code} ${severity}`)
}

const file = (text: string, name = 'a.yaml'): CheckInput => ({ file: name, text })

describe('what was not given', () => {
  const rows: readonly (readonly [string, readonly CheckInput[], readonly string[]])[] = [
    ['nothing matches in a closed world: an error', [file(SERVICE + '---' + pod('other'))], ['PTL201 error']],
    ['no Pods at all were given: a warning', [file(SERVICE)], ['PTL201 warning']],
    ['two files are one set', [file(SERVICE), file(pod('web'), 'b.yaml')], []],
    [
      'a file that cannot be read may hold the Pods: a warning',
      [file(SERVICE + '---' + pod('other')), file('a: [', 'b.yaml')],
      ['PTL001 error', 'PTL201 warning'],
    ],
    [
      'a field of the wrong type hides no object',
      [file(SERVICE + '---' + pod('other', ', annotations: { a: 1 }'))],
      ['PTL201 error', 'PTL001 error'],
    ],
  ]
  test.each(rows)('%s', (_name, inputs, expected) => {
    expect(found(inputs)).toEqual(expected)
  })

  test('in an open world nothing is missing for certain', () => {
    const inputs = [file(SERVICE + '---' + pod('other'))]
    expect(found(inputs, { ...DEFAULT_CONFIG, openWorld: true })).toEqual(['PTL201 warning'])
  })

  test('namespaces are compared as they take effect', () => {
    const inputs = [file(SERVICE), file(pod('web', ', namespace: shop'), 'b.yaml')]
    expect(found(inputs)).toEqual(['PTL203 error'])
    expect(found(inputs, { ...DEFAULT_CONFIG, namespace: 'shop' })).toEqual([])
  })
})

describe('templates', () => {
  const TEMPLATE = `apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  {{- if .Values.port }}
  ports: [{ port: {{ .Values.port }} }]
  {{- end }}
`
  test('are said once a file, with what to run', () => {
    const { findings } = checkInputs([{ file: 'charts/web/templates/service.yaml', text: TEMPLATE, lenient: true }])
    expect(findings.map(({ code, message, location }) => [code, location.line, message])).toEqual([
      [
        'PTL001',
        4,
        'this is a template of Helm, not a manifest: nothing in it was checked; run "helm template charts/web | portolan check -"',
      ],
    ])
  })

  test('in a folder are no foreign documents', () => {
    const { findings } = checkInputs([{ file: 'templates/service.yaml', text: TEMPLATE, lenient: true }])
    expect(findings[0]?.message).toContain('helm template .')
  })

  test('stand beside files of the chart that are no manifests', () => {
    const chart = { file: 'web/Chart.yaml', text: 'apiVersion: v2\nname: web\n' }
    expect(found([{ ...chart, lenient: true }])).toEqual([])
    expect(found([chart])).toEqual(['PTL001 error'])
  })

  test('with names in quotes are recognised too', () => {
    const quoted = SERVICE.replace('name: web', 'name: "{{ .Release.Name }}"')
    expect(found([file(quoted)])).toEqual(['PTL001 error'])
  })

  test('in the data of a ConfigMap are data', () => {
    const text = `
apiVersion: v1
kind: ConfigMap
metadata: { name: alerts }
data: { alert: "{{ if $value }}{{ $labels.instance }}{{ end }}" }
`
    expect(found([file(text)])).toEqual([])
  })
})

test('patches that a Kustomization names are no objects', () => {
  const kustomization = `
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [service.yaml]
patches: [{ path: patch.yaml }]
`
  const inputs = [
    file(kustomization, 'base/kustomization.yaml'),
    file(SERVICE + '---' + pod('web'), 'base/service.yaml'),
    file(SERVICE.replace('app: web', 'app: other'), 'base/patch.yaml'),
  ]
  expect(found(inputs)).toEqual([])
})

test('a misspelt field is said where the likeness is plain', () => {
  const { findings } = checkInputs([file(SERVICE.replace('targetPort', 'targetport') + '---' + pod('web'))])
  const typo = findings.find(({ code }) => code === 'PTL001')
  expect(typo).toMatchObject({ severity: 'warning', location: { line: 5 } })
  expect(typo?.message).toContain('did you mean targetPort?')
})

test('what cannot be decoded is a finding', () => {
  const { findings, summary } = checkInputs([{ file: 'x.yaml', text: '', unreadable: 'this file is no text in UTF-8' }])
  expect(findings.map(({ code, message }) => [code, message])).toEqual([['PTL001', 'this file is no text in UTF-8']])
  expect(summary).toEqual({ objects: 0, errors: 1, warnings: 0, infos: 0 })
})

describe('rules in the configuration', () => {
  const inputs = [file(SERVICE + '---' + pod('other'))]
  test.each([
    [{ PTL201: 'off' }, []],
    [{ 'selector-matches-nothing': 'off' }, []],
    [{ PTL201: 'warning' }, ['PTL201 warning']],
    [{ PTL201: 'on' }, ['PTL201 error']],
  ] as const)('%o', (rules, expected) => {
    expect(found(inputs, { ...DEFAULT_CONFIG, rules })).toEqual(expected)
  })
})

test('rules are found by code in any case, and by name', () => {
  expect(findRule('ptl301')?.name).toBe('named-target-port-missing')
  expect(findRule('unused-suppression')?.code).toBe('PTL003')
  expect(findRule('PTL999')).toBeUndefined()
})

/** The rules of the first milestone: none may get lost. */
const FIRST = [
  1, 101, 102, 103, 104, 105, 106, 107, 109, 110, 111, 112, 115, 116, 201, 202, 203, 204, 205, 207, 208, 211, 213, 301,
  302, 304, 306, 307, 308, 309, 401, 402, 403, 406, 407, 411, 501, 502, 601, 602, 603, 604, 605, 606, 608, 702, 801,
  803,
]

test('all rules of the first milestone are there', () => {
  expect(FIRST).toHaveLength(48)
  const codes = rulePages.map(({ code }) => Number(code.slice(3)))
  expect(FIRST.filter((code) => !codes.includes(code))).toEqual([])
})
