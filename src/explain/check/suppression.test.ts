import { describe, expect, test } from 'vitest'
import { parseBaseline } from './baseline.ts'
import { checkInputs } from './check-inputs.ts'
import { type ConfigSuppression, DEFAULT_CONFIG } from './config.ts'
import { jsonReport } from '../report/json.ts'
import { globPattern } from './suppression.ts'

const BEFORE = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: db\nspec:\n  type: ExternalName\n'
const AFTER = '  externalName: 192.0.2.10'

function found(text: string, suppress: readonly ConfigSuppression[] = []): readonly string[] {
  const { findings, suppressed } = checkInputs([{ file: 'deploy/db.yaml', text }], {
    config: { ...DEFAULT_CONFIG, suppress },
  })
  return [...findings.map(({ code, location }) => `${code}:${location.line}`), `${suppressed} silenced`]
}

describe('comments', () => {
  const comment = '# portolan-ignore PTL112: the resolver takes it'
  test.each([
    ['none', `${BEFORE}${AFTER}\n`, ['PTL112:7', '0 silenced']],
    ['on the line', `${BEFORE}${AFTER} ${comment}\n`, ['1 silenced']],
    ['on the line above', `${BEFORE}  ${comment}\n${AFTER}\n`, ['1 silenced']],
    ['above other comments', `${BEFORE}  ${comment}\n  # and more\n\n${AFTER}\n`, ['1 silenced']],
    ['at the head of the document', `${comment}\n${BEFORE}${AFTER}\n`, ['1 silenced']],
    [
      'at the head of the second document',
      `a: 1\n---\n${comment}\n${BEFORE}${AFTER}\n`,
      ['PTL001:1', 'PTL001:1', '1 silenced'],
    ],
    ['at the head of another document', `${comment}\n---\n${BEFORE}${AFTER}\n`, ['PTL112:9', 'PTL003:1', '0 silenced']],
    [
      'on another line',
      `${BEFORE.replace('kind: Service', `kind: Service ${comment}`)}${AFTER}\n`,
      ['PTL112:7', 'PTL003:2', '0 silenced'],
    ],
    ['by name', `${BEFORE}${AFTER} # portolan:ignore external-name-is-ip -- so\n`, ['1 silenced']],
    ['the other spelling', `${BEFORE}${AFTER} # portolan:ignore PTL112 -- so\n`, ['1 silenced']],
    ['two rules, one of them idle', `${BEFORE}${AFTER} # portolan:ignore PTL301, PTL112 -- so\n`, ['1 silenced']],
    ['without a reason', `${BEFORE}${AFTER} # portolan:ignore PTL112\n`, ['PTL003:7', '1 silenced']],
    ['another rule', `${BEFORE}${AFTER} # portolan:ignore PTL301 -- so\n`, ['PTL112:7', 'PTL003:7', '0 silenced']],
    ['no rule', `${BEFORE}${AFTER} # portolan:ignore PTL999 -- so\n`, ['PTL112:7', 'PTL003:7', '0 silenced']],
    ['with CR LF', `${BEFORE}  ${comment}\n${AFTER}\n`.replaceAll('\n', '\r\n'), ['1 silenced']],
  ])('%s', (_name, text, expected) => {
    expect(found(text)).toEqual(expected)
  })
})

test('an annotation silences its object', () => {
  const annotated = (rules: string): string =>
    `${BEFORE.replace('  name: db', `  name: db\n  annotations: { portolan.dev/ignore: "${rules}" }`)}${AFTER}\n`
  expect(found(annotated('PTL112'))).toEqual(['1 silenced'])
  expect(found(annotated('PTL301, PTL112: because'))).toEqual(['1 silenced'])
  expect(found(annotated('PTL301'))).toEqual(['PTL112:8', 'PTL003:5', '0 silenced'])
})

describe('the configuration', () => {
  const location = { file: 'portolan.yaml', line: 3, column: 1, endLine: 3, endColumn: 9 }
  test.each<readonly [ConfigSuppression, boolean]>([
    [{ rule: 'PTL112' }, true],
    [{ rule: 'external-name-is-ip', path: 'deploy/**' }, true],
    [{ path: 'deploy/*.yaml', kind: 'Service', name: 'd*', namespace: 'default' }, true],
    [{ rule: 'PTL112', path: 'other/**' }, false],
    [{ rule: 'PTL112', kind: 'Ingress' }, false],
    [{ rule: 'PTL112', name: 'web' }, false],
    [{ rule: 'PTL301' }, false],
  ])('%o', (entry, isSilenced) => {
    expect(found(`${BEFORE}${AFTER}\n`, [{ ...entry, location }])).toEqual(
      isSilenced ? ['1 silenced'] : ['PTL112:7', 'PTL003:3', '0 silenced'],
    )
  })
})

test.each([
  ['deploy/**', 'deploy/a/b.yaml', true],
  ['deploy/*', 'deploy/a/b.yaml', false],
  ['**/b.yaml', 'b.yaml', true],
  ['**/b.yaml', 'deploy/a/b.yaml', true],
  ['a.b', 'aXb', false],
])('the pattern %s on %s', (glob, path, expected) => {
  expect(globPattern(glob).test(path)).toBe(expected)
})

describe('a baseline', () => {
  const inputs = [{ file: 'db.yaml', text: `${BEFORE}${AFTER}\n` }]
  test('is the output of an earlier run, and knows a finding on another line', () => {
    const baseline = parseBaseline(jsonReport(checkInputs(inputs)))
    const moved = [{ file: 'db.yaml', text: `\n\n${BEFORE}${AFTER}\n` }]
    expect(checkInputs(moved, { baseline: baseline ?? new Set() })).toMatchObject({ findings: [], suppressed: 1 })
    const changed = [{ file: 'db.yaml', text: `${BEFORE}${AFTER}1\n` }]
    expect(checkInputs(changed, { baseline: baseline ?? new Set() }).findings).toHaveLength(1)
  })

  test.each(['', '[]', '{}', '{"schemaVersion":2,"findings":[]}', 'null', '{"schemaVersion":1}'])(
    '%j is none',
    (text) => {
      expect(parseBaseline(text)).toBeUndefined()
    },
  )
})
