import { expect, test } from 'vitest'
import type { Pod, PodSpec } from '../api/core.ts'
import {
  SYSTEM_PRIORITY_CLASSES,
  validatePriorityClass,
  validatePriorityClassUpdate,
  type PriorityClass,
} from '../api/priority-classes.ts'
import { fieldErrorMessage } from '../api/field-error.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { admitPriority } from './priority-admission.ts'

const podOf = (spec: Partial<PodSpec>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [{ name: 'c' }], ...spec },
})
const classOf = (name: string, value: number, fields: Partial<PriorityClass> = {}): PriorityClass => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value,
  ...fields,
})
const HIGH = classOf('high', 1000)
const PATIENT = classOf('patient', 10, { preemptionPolicy: 'Never' })
const DEFAULTS = [classOf('usual', 7, { globalDefault: true }), classOf('more', 9, { globalDefault: true })]
const COMPUTED = 'must not be provided in pod spec; priority admission controller computed'

test.each<[string, readonly PriorityClass[], Partial<PodSpec>, string]>([
  ['no class', [HIGH], {}, 'undefined 0 PreemptLowerPriority'],
  ['a class', [HIGH], { priorityClassName: 'high' }, 'high 1000 PreemptLowerPriority'],
  ['one that drives nobody away', [PATIENT], { priorityClassName: 'patient' }, 'patient 10 Never'],
  ['the default, the lowest of two', [HIGH, ...DEFAULTS], {}, 'usual 7 PreemptLowerPriority'],
  [
    'a class of the system',
    [],
    { priorityClassName: 'system-node-critical' },
    'system-node-critical 2000001000 PreemptLowerPriority',
  ],
  ['an unknown class', [HIGH], { priorityClassName: 'hihg' }, 'no PriorityClass with name hihg was found'],
  ['the number that it has', [HIGH], { priorityClassName: 'high', priority: 1000 }, 'high 1000 PreemptLowerPriority'],
  [
    'another number',
    [HIGH],
    { priorityClassName: 'high', priority: 1 },
    `the integer value of priority (1) ${COMPUTED} 1000 from the given PriorityClass name`,
  ],
  [
    'a number alone',
    [],
    { priority: 5 },
    `the integer value of priority (5) ${COMPUTED} 0 from the given PriorityClass name`,
  ],
  [
    'another policy',
    [HIGH],
    { priorityClassName: 'high', preemptionPolicy: 'Never' },
    `the string value of PreemptionPolicy (Never) ${COMPUTED} PreemptLowerPriority from the given PriorityClass name`,
  ],
])('%s', (_name, classes, spec, wanted) => {
  const admitted = admitPriority(podOf(spec), snapshotOf(classes).objects.PriorityClass)
  if ('refused' in admitted) return expect(admitted.refused).toBe(wanted)
  const { priorityClassName, priority, preemptionPolicy } = admitted.pod.spec
  expect(`${priorityClassName} ${priority} ${preemptionPolicy}`).toBe(wanted)
})

const RESERVED =
  "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error:"
test.each<[PriorityClass, readonly string[]]>([
  [HIGH, []],
  ...SYSTEM_PRIORITY_CLASSES.map((own): [PriorityClass, string[]] => [own, []]),
  [
    classOf('huge', 1_000_000_001),
    ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ],
  [classOf('system-mine', 1), [`${RESERVED} system-mine is not a known system priority class`]],
  [classOf('system-node-critical', 1), [`${RESERVED} value of system-node-critical PriorityClass must be 2000001000`]],
  [
    classOf('odd', 1, { preemptionPolicy: 'Always' }),
    ['preemptionPolicy: Unsupported value: "Always": supported values: "Never", "PreemptLowerPriority"'],
  ],
])('$metadata.name is valid, or not', (given, wanted) =>
  expect(validatePriorityClass(given).map(fieldErrorMessage)).toEqual(wanted),
)

test('a class keeps its value and its policy', () => {
  const changed = validatePriorityClassUpdate({ ...HIGH, value: 1, preemptionPolicy: 'Never' }, HIGH)
  expect(changed.map(fieldErrorMessage)).toEqual([
    'value: Forbidden: may not be changed in an update.',
    'preemptionPolicy: Invalid value: "Never": field is immutable',
  ])
})
