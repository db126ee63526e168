import { describe, expect, test } from 'vitest'
import type { CronJob, Job } from './batch.ts'
import { setDefaultsCronJob, setDefaultsJob } from './batch-defaults.ts'
import { validateCronJob, validateCronJobUpdate } from './cron-job-validation.ts'
import { validateDaemonSet, validateDaemonSetUpdate } from './daemon-set-validation.ts'
import { decodeObject } from './decode.ts'
import { fieldErrorMessage, type FieldError } from './field-error.ts'
import { validateJob, validateJobUpdate } from './job-validation.ts'
import type { Kind, Kinds } from './kinds.ts'
import { setDefaultsDaemonSet } from './workload-defaults.ts'

const causes = (errors: readonly FieldError[]): readonly string[] =>
  errors.map(({ reason, field }) => `${reason.replace('FieldValue', '')} ${field}`)

function make<K extends Kind>(kind: K, apiVersion: string, spec: object, name = 'x'): Kinds[K] {
  const decoded = decodeObject(kind, { apiVersion, kind, metadata: { namespace: 'default', name }, spec })
  if ('errors' in decoded) throw new Error(causes(decoded.errors).join(', '))
  return decoded.object
}

const pod = { containers: [{ name: 'c', image: 'i' }], restartPolicy: 'Never' }
const job = (spec: object = {}): Job => setDefaultsJob(make('Job', 'batch/v1', { template: { spec: pod }, ...spec }))
const cronJob = (spec: object = {}, name = 'x'): CronJob =>
  setDefaultsCronJob(
    make(
      'CronJob',
      'batch/v1',
      { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: pod } } }, ...spec },
      name,
    ),
  )
const daemonSet = (spec: object = {}): Kinds['DaemonSet'] =>
  setDefaultsDaemonSet(
    make('DaemonSet', 'apps/v1', {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: pod.containers } },
      ...spec,
    }),
  )

test('defaults', () => {
  expect(job().spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed' })
  expect(job({ parallelism: 3 }).spec.completions).toBeUndefined()
  expect(job({ completions: 3 }).spec).toMatchObject({ completions: 3, parallelism: 1 })
  expect(cronJob().spec).toMatchObject({
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  })
  expect(cronJob().spec.jobTemplate.spec.backoffLimit).toBeUndefined()
  expect(daemonSet().spec.updateStrategy).toEqual({
    type: 'RollingUpdate',
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  })
})

describe('a Job', () => {
  test.each<readonly [object, readonly string[]]>([
    [{}, []],
    [{ template: { spec: { containers: pod.containers } } }, ['Required spec.template.spec.restartPolicy']],
    [
      { template: { spec: { ...pod, restartPolicy: 'Sometimes' } } },
      ['NotSupported spec.template.spec.restartPolicy', 'NotSupported spec.template.spec.restartPolicy'],
    ],
    [{ completions: -1 }, ['Invalid spec.completions']],
    [{ parallelism: -1, completions: 1 }, ['Invalid spec.parallelism']],
    [{ backoffLimit: -1 }, ['Invalid spec.backoffLimit']],
    [{ activeDeadlineSeconds: -1 }, ['Invalid spec.activeDeadlineSeconds']],
    [{ ttlSecondsAfterFinished: -1 }, ['Invalid spec.ttlSecondsAfterFinished']],
    [{ completionMode: 'Some' }, ['NotSupported spec.completionMode']],
    [{ completionMode: 'Indexed', parallelism: 2 }, ['Required spec.completions']],
    [{ manualSelector: true }, ['Required spec.selector']],
    [{ manualSelector: true, selector: { matchLabels: { a: 'b' } } }, ['Invalid spec.template.metadata.labels']],
  ])('%j', (spec, expected) => {
    const unique = [...new Set(causes(validateJob(job(spec))))]
    expect(unique).toEqual([...new Set(expected)])
  })

  test.each<readonly [object, object, readonly string[]]>([
    [{ parallelism: 5 }, {}, []],
    [{ suspend: true, activeDeadlineSeconds: 5, backoffLimit: 1 }, {}, []],
    [{ completions: 5 }, {}, ['Invalid spec.completions']],
    [{ completionMode: 'Indexed', completions: 1 }, {}, ['Invalid spec.completionMode']],
    [{ template: { spec: { ...pod, hostname: 'h' } } }, {}, ['Invalid spec.template']],
    [{ template: { spec: { ...pod, hostname: 'h' } } }, { suspend: true }, []],
  ])('%j instead of %j', (spec, old, expected) => {
    const before = job(old)
    const next = job({ completions: 1, ...spec })
    expect(causes(validateJobUpdate(next, before))).toEqual(expected)
  })

  const indexed = { completionMode: 'Indexed', completions: 5 }
  const onExit = (rule: object = {}, codes: object = {}): object => ({
    podFailurePolicy: {
      rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [3], ...codes }, ...rule }],
    },
  })
  const onConditions = (...onPodConditions: object[]): object => ({
    podFailurePolicy: { rules: [{ action: 'Ignore', onPodConditions }] },
  })
  const rule = 'spec.podFailurePolicy.rules[0]'
  const success = (...rules: object[]): object => ({ ...indexed, successPolicy: { rules } })
  const met = 'spec.successPolicy.rules[0]'
  const many = { ...indexed, completions: 100_001, backoffLimitPerIndex: 1 }
  const toMany = 'when completions are above 100000 and used with backoff limit per index'

  test.each<readonly [object, readonly string[]]>([
    [{ ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 5 }, []],
    [
      { backoffLimitPerIndex: 1, maxFailedIndexes: 1 },
      [
        'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    ],
    [
      { ...indexed, maxFailedIndexes: 1 },
      ['spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified'],
    ],
    [
      { ...indexed, backoffLimitPerIndex: -1, maxFailedIndexes: -1 },
      ['backoffLimitPerIndex', 'maxFailedIndexes'].map(
        (field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`,
      ),
    ],
    [
      { ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 6 },
      ['spec.maxFailedIndexes: Invalid value: 6: must be less than or equal to completions'],
    ],
    [many, ['spec.maxFailedIndexes: Required value: must be specified when completions is above 100000']],
    [
      { ...many, parallelism: 10_001, maxFailedIndexes: 10_001 },
      ['parallelism', 'maxFailedIndexes'].map(
        (field) => `spec.${field}: Invalid value: 10001: must be less than or equal to 10000 ${toMany}`,
      ),
    ],
    [{ podFailurePolicy: {} }, []],
    [onExit(), []],
    [onExit({ action: 'Count' }, { operator: 'NotIn', values: [0, 1], containerName: 'c' }), []],
    [
      { ...onExit(), template: { spec: { ...pod, restartPolicy: 'OnFailure' } } },
      [
        'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified',
      ],
    ],
    [
      { ...onExit(), podReplacementPolicy: 'TerminatingOrFailed' },
      ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
    ],
    [
      { podReplacementPolicy: 'Never' },
      ['spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"'],
    ],
    [
      onExit({ action: '' }),
      [`${rule}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`],
    ],
    [
      onExit({ action: 'Stop' }),
      [`${rule}.action: Unsupported value: "Stop": supported values: "Count", "FailIndex", "FailJob", "Ignore"`],
    ],
    [
      onExit({ action: 'FailIndex' }),
      [`${rule}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`],
    ],
    [{ ...indexed, backoffLimitPerIndex: 0, ...onExit({ action: 'FailIndex' }) }, []],
    [
      onExit({}, { operator: 'Is' }),
      [`${rule}.onExitCodes.operator: Unsupported value: "Is": supported values: "In", "NotIn"`],
    ],
    [
      onExit({}, { containerName: 'd' }),
      [
        `${rule}.onExitCodes.containerName: Invalid value: "d": must be one of the container or initContainer names in the pod template`,
      ],
    ],
    [onExit({}, { values: [] }), [`${rule}.onExitCodes.values: Invalid value: []: at least one value is required`]],
    [
      onExit({}, { values: [2, 0, 2] }),
      [
        `${rule}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
        `${rule}.onExitCodes.values[2]: Duplicate value: 2`,
        `${rule}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
      ],
    ],
    [
      onExit({}, { values: Array.from({ length: 256 }, (_, i) => i + 1) }),
      [`${rule}.onExitCodes.values: Too many: 256: must have at most 255 items`],
    ],
    [
      onExit({ onPodConditions: [{ type: 'DisruptionTarget' }] }),
      [`${rule}: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported`],
    ],
    [onConditions(), [`${rule}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`]],
    [onConditions({ type: 'DisruptionTarget' }), []],
    [
      onConditions({ type: 'A', status: 'Yes' }),
      [`${rule}.onPodConditions[0].status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"`],
    ],
    [success({ succeededIndexes: '0,2-4', succeededCount: 4 }, { succeededCount: 5 }), []],
    [
      { successPolicy: { rules: [] } },
      ['spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode'],
    ],
    [
      success(),
      [
        'spec.successPolicy.rules: Required value: at least one rules must be specified when the successPolicy is specified',
      ],
    ],
    [
      success(...Array.from({ length: 21 }, () => ({ succeededCount: 1 }))),
      ['spec.successPolicy.rules: Too many: 21: must have at most 20 items'],
    ],
    [success({}), [`${met}: Required value: at least one of succeededCount or succeededIndexes must be specified`]],
    [
      success({ succeededCount: 6 }),
      [
        `${met}.succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)`,
      ],
    ],
    [
      success({ succeededIndexes: '1-2', succeededCount: 3 }),
      [
        `${met}.succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)`,
      ],
    ],
    ...(
      [
        [
          '1-2-3',
          `the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by '-'`,
        ],
        ['1,x', 'cannot convert string to integer for index: "x"'],
        ['0,5', 'too large index: "5"'],
        ['1-5', 'too large index: "5"'],
        ['3-1', 'non-increasing order, previous: 3, current: 1'],
        ['0-2,2', 'non-increasing order, previous: 2, current: 2'],
      ] as const
    ).map(
      ([indexes, why]) =>
        [
          success({ succeededIndexes: indexes }),
          [`${met}.succeededIndexes: Invalid value: "${indexes}": error parsing succeededIndexes: ${why}`],
        ] as const,
    ),
  ])('policies: %j', (spec, expected) => {
    expect([...new Set(validateJob(job(spec)).map(fieldErrorMessage))]).toEqual(expected)
  })

  test.each([
    [{ ...onExit(), completions: 1 }, 'podFailurePolicy'],
    [success({ succeededCount: 1 }), 'successPolicy'],
    [{ ...indexed, backoffLimitPerIndex: 1 }, 'backoffLimitPerIndex'],
  ])('%j stays', (spec, field) => {
    const { [field as 'successPolicy']: _, ...without } = job(spec).spec
    expect(causes(validateJobUpdate({ ...job(spec), spec: without }, job(spec)))).toEqual([`Invalid spec.${field}`])
  })

  test('a status that is not said is True', () => {
    const { podFailurePolicy } = job(onConditions({ type: 'A' }, { type: 'B', status: 'False' })).spec
    expect(podFailurePolicy?.rules?.[0]?.onPodConditions?.map(({ status }) => status)).toEqual(['True', 'False'])
    const template = { spec: { template: { spec: pod }, ...onConditions({ type: 'A' }) } }
    const { spec } = cronJob({ jobTemplate: template }).spec.jobTemplate
    expect(spec.podFailurePolicy?.rules?.[0]?.onPodConditions?.[0]?.status).toBe('True')
  })
})

describe('a CronJob', () => {
  test.each<readonly [object, readonly string[]]>([
    [{}, []],
    [{ schedule: '' }, ['Required spec.schedule']],
    [{ schedule: 'often' }, ['Invalid spec.schedule']],
    [{ schedule: 'TZ=UTC * * * * *' }, ['Invalid spec.schedule']],
    [{ timeZone: 'Europe/Berlin' }, []],
    [{ timeZone: 'Mars/Olympus' }, ['Invalid spec.timeZone']],
    [{ timeZone: '' }, ['Invalid spec.timeZone']],
    [{ timeZone: 'Local' }, ['Invalid spec.timeZone']],
    [{ concurrencyPolicy: 'Never' }, ['NotSupported spec.concurrencyPolicy']],
    [{ startingDeadlineSeconds: -1 }, ['Invalid spec.startingDeadlineSeconds']],
    [{ failedJobsHistoryLimit: -1 }, ['Invalid spec.failedJobsHistoryLimit']],
    [
      { jobTemplate: { spec: { template: { spec: { containers: pod.containers } } } } },
      ['Required spec.jobTemplate.spec.template.spec.restartPolicy'],
    ],
    [{ jobTemplate: {} }, expect.arrayContaining(['Required spec.jobTemplate.spec.template.spec.containers'])],
  ])('%j', (spec, expected) => {
    expect(causes(validateCronJob(cronJob(spec)))).toEqual(expected)
    expect(causes(validateCronJobUpdate(cronJob(spec), cronJob()))).toEqual(expected)
  })

  test('leaves room for the names of its Jobs', () => {
    expect(causes(validateCronJob(cronJob({}, 'x'.repeat(53))))).toEqual(['Invalid metadata.name'])
    expect(causes(validateCronJob(cronJob({}, 'x'.repeat(52))))).toEqual([])
  })
})

describe('a DaemonSet', () => {
  const rolling = (rollingUpdate: object): object => ({ updateStrategy: { rollingUpdate } })
  test.each<readonly [object, readonly string[]]>([
    [{}, []],
    [{ updateStrategy: { type: 'OnDelete' } }, []],
    [{ updateStrategy: { type: 'Recreate' } }, ['NotSupported spec.updateStrategy.type']],
    [rolling({ maxUnavailable: 0 }), ['Required spec.updateStrategy.rollingUpdate.maxUnavailable']],
    [rolling({ maxSurge: 1 }), ['Invalid spec.updateStrategy.rollingUpdate.maxSurge']],
    [rolling({ maxSurge: '30%', maxUnavailable: 0 }), []],
    [rolling({ maxUnavailable: 'some' }), ['Invalid spec.updateStrategy.rollingUpdate.maxUnavailable']],
    [{ minReadySeconds: -1 }, ['Invalid spec.minReadySeconds']],
    [
      { template: { spec: pod } },
      ['Invalid spec.template.metadata.labels', 'NotSupported spec.template.spec.restartPolicy'],
    ],
  ])('%j', (spec, expected) => {
    expect(causes(validateDaemonSet(daemonSet(spec)))).toEqual(expected)
  })

  test('keeps its selector', () => {
    const labels = { a: 'b', c: 'd' }
    const other = daemonSet({
      selector: { matchLabels: { c: 'd' } },
      template: { metadata: { labels }, spec: { containers: pod.containers } },
    })
    expect(causes(validateDaemonSetUpdate(other, daemonSet()))).toEqual(['Invalid spec.selector'])
  })
})
