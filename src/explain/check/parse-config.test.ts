import { expect, test } from 'vitest'
import { DEFAULT_CONFIG } from './config.ts'
import { parseCheckConfig } from './parse-config.ts'

const parse = (text: string) =>
  parseCheckConfig(text, 'c.yaml', (rule) => ['PTL301', 'PTL406', 'named-target-port-missing'].includes(rule))

test('every setting', () => {
  const { config, problems } = parse(`
namespace: shop
openWorld: true
clusterDomain: example.local
nodePortRange: 20000-22000
baseline: known.json
rules:
  PTL406: off
  named-target-port-missing: warning
suppress:
  - rule: PTL301
    path: deploy/**
    reason: the sidecar is injected
`)
  expect(problems).toEqual([])
  expect(config).toEqual({
    namespace: 'shop',
    openWorld: true,
    clusterDomain: 'example.local',
    nodePortRange: { first: 20_000, last: 22_000 },
    baseline: 'known.json',
    rules: { PTL406: 'off', 'named-target-port-missing': 'warning' },
    suppress: [
      {
        rule: 'PTL301',
        path: 'deploy/**',
        reason: 'the sidecar is injected',
        location: { file: 'c.yaml', line: 11, column: 5, endLine: 11, endColumn: 17 },
      },
    ],
  })
})

test.each(['', '# nothing\n', '---\n', '{}'])('%j is the default', (text) => {
  expect(parse(text)).toEqual({ config: DEFAULT_CONFIG, problems: [] })
})

test.each([
  ['openWord: true', '1:1: unknown setting openWord: did you mean "openWorld"?'],
  ['openWorld: 3', '1:12: openWorld must be true or false'],
  ['nodePortRange: 30000', '1:16: nodePortRange must be a range such as 30000-32767'],
  ['nodePortRange: 9-8', '1:16: nodePortRange must be a range such as 30000-32767'],
  ['rules: { PTL999: off }', '1:18: there is no rule PTL999'],
  ['rules: { PTL301: loud }', '1:18: a rule is on, off, error, warning or info'],
  ['suppress: [{ rule: PTL301 }]', '1:20: say why: each entry of suppress needs a reason'],
  ['suppress: [{ rules: PTL301, reason: a }]', '1:14: unknown setting rules: did you mean "rule"?'],
  ['suppress: [PTL301]', '1:12: an entry of suppress is a mapping of rule, path, kind, namespace, name and reason'],
  ['- a', '1:1: this is no configuration of portolan check: it has to be a mapping of settings'],
  ['kind: Service', '1:1: this is no configuration of portolan check: it has to be a mapping of settings'],
])('%s', (text, problem) => {
  expect(parse(text).problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual([problem])
})

test('a text that is no YAML', () => {
  expect(parse('a: [').problems).toHaveLength(1)
})
