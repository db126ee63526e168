import { describe, expect, test } from 'vitest'
import type { Affinity, NodeSelectorRequirement, TopologySpreadConstraint } from './affinity.ts'
import { decodeObject } from './decode.ts'
import { fieldErrorMessage } from './field-error.ts'
import { validatePlacement } from './placement-validation.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'
const messages = (spec: object): readonly string[] =>
  validatePlacement({ containers: [], ...spec }, ['spec']).map(fieldErrorMessage)

describe('node affinity', () => {
  const required = (part: 'matchExpressions' | 'matchFields', ...requirements: object[]): Affinity => ({
    nodeAffinity: { [REQUIRED]: { nodeSelectorTerms: [{ [part]: requirements as NodeSelectorRequirement[] }] } },
  })
  const TERMS = `spec.affinity.nodeAffinity.${REQUIRED}.nodeSelectorTerms`
  test.each<[object, readonly string[]]>([
    [{ key: 'zone', operator: 'In', values: ['a'] }, []],
    [{ key: 'zone', operator: 'Exists' }, []],
    [{ key: 'size', operator: 'Gt', values: ['2'] }, []],
    [{ key: 'zone', operator: 'In' }, ["values: Required value: must be specified when `operator` is 'In' or 'NotIn'"]],
    [
      { key: 'zone', operator: 'Exists', values: ['a'] },
      ["values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'"],
    ],
    [
      { key: 'size', operator: 'Lt', values: ['1', '2'] },
      ["values: Required value: must be specified single value when `operator` is 'Lt' or 'Gt'"],
    ],
    [{ key: 'zone', operator: 'Like' }, ['operator: Invalid value: "Like": not a valid selector operator']],
  ])('%j', (requirement, wanted) => {
    const at = `${TERMS}[0].matchExpressions[0].`
    expect(messages({ affinity: required('matchExpressions', requirement) })).toEqual(wanted.map((text) => at + text))
  })

  test.each<[object, readonly string[]]>([
    [{ key: 'metadata.name', operator: 'In', values: ['node-1'] }, []],
    [
      { key: 'metadata.name', operator: 'In', values: ['a', 'b'] },
      ["values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector"],
    ],
    [
      { key: 'metadata.name', operator: 'Exists' },
      ['operator: Invalid value: "Exists": not a valid selector operator'],
    ],
    [
      { key: 'spec.x', operator: 'In', values: ['a'] },
      ['key: Invalid value: "spec.x": not a valid field selector key'],
    ],
  ])('%j of fields', (requirement, wanted) => {
    const at = `${TERMS}[0].matchFields[0].`
    expect(messages({ affinity: required('matchFields', requirement) })).toEqual(wanted.map((text) => at + text))
  })

  test('no terms, and a weight that is none', () => {
    const nodeAffinity = { [REQUIRED]: { nodeSelectorTerms: [] }, [PREFERRED]: [{ weight: 101, preference: {} }] }
    expect(messages({ affinity: { nodeAffinity } })).toEqual([
      `${TERMS}: Required value: must have at least one node selector term`,
      `spec.affinity.nodeAffinity.${PREFERRED}[0].weight: Invalid value: 101: must be in the range 1-100`,
    ])
  })
})

test('affinity to Pods', () => {
  const term = {
    labelSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] },
    namespaces: ['No'],
    topologyKey: '',
  }
  const podAffinity = { [REQUIRED]: [term] }
  const podAntiAffinity = { [PREFERRED]: [{ weight: 0, podAffinityTerm: { topologyKey: 'zone' } }] }
  const [near, far] = [`podAffinity.${REQUIRED}[0]`, `podAntiAffinity.${PREFERRED}`]
  const found = messages({ affinity: { podAffinity, podAntiAffinity } })
  expect(found.map((text) => text.replace('spec.affinity.', '').replace(/(Invalid value: "No").*/, '$1'))).toEqual([
    `${near}.labelSelector.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    `${near}.namespace: Invalid value: "No"`,
    `${near}.topologyKey: Required value: can not be empty`,
    `${near}.topologyKey: Invalid value: "": name part must be non-empty`,
    expect.stringContaining(`${near}.topologyKey: Invalid value: "": name part must consist of`),
    `${far}[0].weight: Invalid value: 0: must be in the range 1-100`,
  ])
})

test.each<[object, readonly string[]]>([
  [{ matchLabelKeys: ['a'], mismatchLabelKeys: ['b'], labelSelector: {} }, []],
  [{ matchLabelKeys: ['a'] }, ['matchLabelKeys: Forbidden: must not be specified when labelSelector is not set']],
  [{ mismatchLabelKeys: ['a'] }, ['mismatchLabelKeys: Forbidden: must not be specified when labelSelector is not set']],
  [
    { matchLabelKeys: ['a', 'b'], mismatchLabelKeys: ['b'], labelSelector: {} },
    ['matchLabelKeys[1]: Invalid value: "b": exists in both matchLabelKeys and mismatchLabelKeys'],
  ],
  [{ mismatchLabelKeys: ['/'], labelSelector: {} }, [expect.stringMatching(/^mismatchLabelKeys\[0\]: Invalid/)]],
])('keys of an affinity to Pods: %j', (changes, wanted) => {
  const found = messages({ affinity: { podAffinity: { [REQUIRED]: [{ topologyKey: 'zone', ...changes }] } } })
  const prefix = `spec.affinity.podAffinity.${REQUIRED}[0].`
  expect([...new Set(found)].slice(0, 1).map((text) => text.replace(prefix, ''))).toEqual(wanted)
})

describe('spread', () => {
  const good: TopologySpreadConstraint = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }
  test.each<[object, readonly string[]]>([
    [{}, []],
    [{ maxSkew: 0 }, ['maxSkew: Invalid value: 0: must be greater than zero']],
    [{ topologyKey: '' }, ['topologyKey: Required value: can not be empty']],
    [
      { whenUnsatisfiable: 'Never' },
      ['whenUnsatisfiable: Unsupported value: "Never": supported values: "DoNotSchedule", "ScheduleAnyway"'],
    ],
    [{ topologyKey: 'no name of a label' }, []],
    [{ matchLabelKeys: ['app'] }, ['matchLabelKeys: Forbidden: must not be specified when labelSelector is not set']],
    [{ matchLabelKeys: ['app'], labelSelector: { matchLabels: { of: 'x' } } }, []],
    [
      {
        matchLabelKeys: ['app', 'of'],
        labelSelector: { matchLabels: { of: 'x' }, matchExpressions: [{ key: 'app', operator: 'Exists' }] },
      },
      [0, 1].map(
        (i) =>
          `matchLabelKeys[${i}]: Invalid value: "${['app', 'of'][i]}": exists in both matchLabelKeys and labelSelector`,
      ),
    ],
    [{ minDomains: 0 }, ['minDomains: Invalid value: 0: must be greater than zero']],
    [
      { minDomains: 2, whenUnsatisfiable: 'ScheduleAnyway' },
      ['minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway'],
    ],
    [
      { nodeAffinityPolicy: 'Obey' },
      ['nodeAffinityPolicy: Unsupported value: "Obey": supported values: "Honor", "Ignore"'],
    ],
    [
      { labelSelector: { matchExpressions: [{ key: 'app', operator: 'Like' }] } },
      ['labelSelector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator'],
    ],
  ])('%j', (changes, wanted) => {
    const found = messages({ topologySpreadConstraints: [{ ...good, ...changes }] })
    expect(found).toEqual(wanted.map((text) => `spec.topologySpreadConstraints[0].${text}`))
  })

  test('twice for one key', () => {
    expect(messages({ topologySpreadConstraints: [good, { ...good, maxSkew: 2 }] })).toEqual([
      'spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"',
    ])
  })
})

test('what is absent is empty, and said', () => {
  const spec = {
    containers: [],
    affinity: { podAffinity: { [PREFERRED]: [{}] }, nodeAffinity: { [PREFERRED]: [{}] } },
    topologySpreadConstraints: [{}],
  }
  const decoded = decodeObject('Pod', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })
  const fields = 'object' in decoded ? validatePlacement(decoded.object.spec, []).map(({ field }) => field) : []
  expect(fields).toEqual([
    `affinity.nodeAffinity.${PREFERRED}[0].weight`,
    `affinity.podAffinity.${PREFERRED}[0].weight`,
    ...Array<string>(3).fill(`affinity.podAffinity.${PREFERRED}[0].podAffinityTerm.topologyKey`),
    ...['maxSkew', 'topologyKey', 'whenUnsatisfiable'].map((name) => `topologySpreadConstraints[0].${name}`),
  ])
})
