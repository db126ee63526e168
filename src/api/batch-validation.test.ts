import { describe, expect, test } from 'vitest'
import type { CronJob, Job } from './batch.ts'
import { setDefaultsCronJob, setDefaultsJob } from './batch-defaults.ts'
import { validateCronJob, validateCronJobUpdate } from './cron-job-validation.ts'
import { validateDaemonSet, validateDaemonSetUpdate } from './daemon-set-validation.ts'
import { decodeObject } from './decode.ts'
import type { FieldError } from './field-error.ts'
import { validateJob, validateJobUpdate, warningsForJob } from './job-validation.ts'
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

  test('what is kept without effect is told of', () => {
    expect(warningsForJob(job())).toEqual([])
    expect(warningsForJob(job({ successPolicy: { rules: [] } }))).toHaveLength(1)
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
