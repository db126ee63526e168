import { describe, expect, test } from 'vitest'
import { pathText } from './fields.ts'
import { parseManifest } from './parse.ts'

function problems(kind: string, apiVersion: string, body: string): string[] {
  const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n${body}\n`
  return parseManifest(text, 'f').diagnostics.map(
    ({ line, column, severity, message, hint }) =>
      `${line}:${column} ${severity}: ${message}${severity === 'warning' ? '' : ` | ${hint}`}`,
  )
}

const SERVICE: readonly (readonly [string, string[]])[] = [
  ['spec: {ports: [{port: 80, targetPort: http, nodePort: 30080}], selector: {a: b}}', []],
  ['spec: {ports: [{port: 80, targetPort: 8080}], clusterIP: None, publishNotReadyAddresses: true}', []],
  ['spec: {ports: null, selector: ~, type: }', []],
  [
    'spec: {ports: [{port: "80"}]}',
    ['4:23 error: spec.ports[0].port must be a number: found the string "80" | remove the quotes'],
  ],
  [
    'spec: {ports: [{port: http}]}',
    [
      '4:23 error: spec.ports[0].port must be a number: found the string "http" | write a number, without quotes or unit',
    ],
  ],
  [
    'spec: {ports: [{port: 80.5, targetPort: true}]}',
    [
      '4:23 error: spec.ports[0].port must be a number: found the number 80.5 | write a whole number',
      '4:41 error: spec.ports[0].targetPort must be a whole number or a name: found the boolean true | undefined',
    ],
  ],
  [
    'spec: {ports: [{port: 3000000000}]}',
    ['4:23 error: spec.ports[0].port must be a number: found the number 3000000000 | the number must fit in 32 bits'],
  ],
  ['spec: {ports: {port: 80}}', ['4:8 error: spec.ports must be a list: found a mapping | begin each item with "- "']],
  ['spec: {ports: [80]}', ['4:16 error: spec.ports[0] must be a mapping: found the number 80 | undefined']],
  ['spec: []', ['4:1 error: spec must be a mapping: found a list | remove the "- "']],
  [
    'spec: port:80',
    [
      '4:7 error: spec must be a mapping: found the string "port:80" | write `key: value`, with a space after the colon',
    ],
  ],
  [
    'spec: {selector: {version: 1.10, on: yes}}',
    [
      '4:34 warning: the key on is read as true',
      '4:28 error: spec.selector.version must be a string: found the number 1.1 | put it in quotes: "1.10"',
      '4:38 error: spec.selector.true must be a string: found the boolean true | put it in quotes: "yes"',
    ],
  ],
  [
    'spec: {publishNotReadyAddresses: "true"}',
    ['4:34 error: spec.publishNotReadyAddresses must be true or false: found the string "true" | remove the quotes'],
  ],
  ['spec: {clusterIP: [a]}', ['4:8 error: spec.clusterIP must be a string: found a list | write a single value here']],
  [
    'spec: {ports: [{targetport: 1}]}',
    ['4:17 warning: unknown field spec.ports[0].targetport: did you mean targetPort?'],
  ],
  ['spec: {selectors: {a: b}}', ['4:8 warning: unknown field spec.selectors: did you mean selector?']],
  ['spec: {targetPort: 80}', ['4:8 warning: unknown field spec.targetPort: did you mean ports[].targetPort?']],
  ['ports: []', ['4:1 warning: unknown field ports: did you mean spec.ports?']],
  [
    'spec: {"a/b": 1, zzzzzz: 2}',
    ['4:8 warning: unknown field spec["a/b"]', '4:18 warning: unknown field spec.zzzzzz'],
  ],
]

describe('fields of a Service', () => {
  test.each(SERVICE)('%s', (body, expected) => {
    expect(problems('Service', 'v1', body)).toEqual(expected)
  })
})

describe('fields of other kinds', () => {
  test.each<[string, string, string, string[]]>([
    ['Pod', 'v1', 'spec: {containers: [{name: c, resources: {limits: {cpu: 1, memory: 64Mi}}}]}', []],
    ['Pod', 'v1', 'spec: {containers: [{name: c, livenessProbe: {httpGet: {port: http}, periodSeconds: 5}}]}', []],
    [
      'Pod',
      'v1',
      'spec: {containers: [{name: c, env: [{name: PORT, value: 80}]}]}',
      ['4:57 error: spec.containers[0].env[0].value must be a string: found the number 80 | put it in quotes: "80"'],
    ],
    [
      'Pod',
      'v1',
      'spec: {containers: [{name: c, args: [sleep, 5], containerPort: 80}]}',
      [
        '4:45 error: spec.containers[0].args[1] must be a string: found the number 5 | put it in quotes: "5"',
        '4:49 warning: unknown field spec.containers[0].containerPort: did you mean ports[].containerPort?',
      ],
    ],
    [
      'Deployment',
      'apps/v1',
      'spec: {replicas: "2", template: {metadata: {labels: {a: b}}, spec: {container: []}}}',
      [
        '4:18 error: spec.replicas must be a number: found the string "2" | remove the quotes',
        '4:69 warning: unknown field spec.template.spec.container: did you mean containers?',
      ],
    ],
    [
      'ConfigMap',
      'v1',
      'data: {a: 1}',
      ['4:11 error: data.a must be a string: found the number 1 | put it in quotes: "1"'],
    ],
    ['ConfigMap', 'v1', 'data: {any.thing: "x", __proto__: "y"}', []],
    ['Namespace', 'v1', 'spec: {finalizers: [kubernetes]}\nstatus: {phase: Active}', []],
    ['EndpointSlice', 'discovery.k8s.io/v1', 'addressType: IPv4\nendpoints: [{addresses: [10.0.0.1]}]', []],
  ])('%s %s %s', (kind, apiVersion, body, expected) => {
    expect(problems(kind, apiVersion, body)).toEqual(expected)
  })
})

test.each([
  [['spec', 'ports', 0, 'port'], 'spec.ports[0].port'],
  [['metadata', 'annotations', 'a.b/c'], 'metadata.annotations["a.b/c"]'],
  [[], ''],
])('%j', (path, expected) => {
  expect(pathText(path)).toBe(expected)
})
