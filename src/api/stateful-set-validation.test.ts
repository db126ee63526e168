import { describe, expect, test } from 'vitest'
import type { ControllerRevision, StatefulSet } from './apps.ts'
import { validateControllerRevision, validateControllerRevisionUpdate } from './controller-revision-validation.ts'
import { decodeObject } from './decode.ts'
import { validateStatefulSet, validateStatefulSetUpdate } from './stateful-set-validation.ts'
import { setDefaultsStatefulSet } from './workload-defaults.ts'

function statefulSet(spec: object = {}): StatefulSet {
  const labels = { app: 'db' }
  const decoded = decodeObject('StatefulSet', {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { namespace: 'default', name: 'db' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'db', image: 'db:1' }] } },
      ...spec,
    },
  })
  if ('errors' in decoded) throw new Error(JSON.stringify(decoded.errors))
  return setDefaultsStatefulSet(decoded.object)
}

const causes = (errors: ReturnType<typeof validateStatefulSet>): readonly string[] =>
  errors.map(({ reason, field }) => `${reason.replace('FieldValue', '')} ${field}`)

test('defaults', () => {
  expect(statefulSet({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] }).spec).toMatchObject({
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    volumeClaimTemplates: [
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ],
  })
  expect(statefulSet({ updateStrategy: { type: 'OnDelete' } }).spec.updateStrategy).toEqual({ type: 'OnDelete' })
})

describe('what is refused', () => {
  test.each<readonly [object, readonly string[]]>([
    [{}, []],
    [{ replicas: -1 }, ['Invalid spec.replicas']],
    [{ podManagementPolicy: 'Fast' }, ['Invalid spec.podManagementPolicy']],
    [{ updateStrategy: { type: 'Recreate' } }, ['Invalid spec.updateStrategy']],
    [
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      ['Invalid spec.updateStrategy.rollingUpdate'],
    ],
    [{ updateStrategy: { rollingUpdate: { partition: -1 } } }, ['Invalid spec.updateStrategy.rollingUpdate.partition']],
    [{ minReadySeconds: -1 }, ['Invalid spec.minReadySeconds']],
    [{ ordinals: { start: -1 } }, ['Invalid spec.ordinals.start']],
    [
      { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep' } },
      ['NotSupported spec.persistentVolumeClaimRetentionPolicy.whenDeleted'],
    ],
    [{ volumeClaimTemplates: [{}] }, ['Required spec.volumeClaimTemplates[0].metadata.name']],
    [{ selector: { matchLabels: { app: 'web' } } }, ['Invalid spec.template.metadata.labels']],
    [{ selector: {} }, ['Invalid spec.selector']],
  ])('%j', (spec, expected) => {
    expect(causes(validateStatefulSet(statefulSet(spec)))).toEqual(expected)
  })
})

describe('what an update may change', () => {
  test.each<readonly [object, readonly string[]]>([
    [{ replicas: 5 }, []],
    [{ minReadySeconds: 5, revisionHistoryLimit: 2, ordinals: { start: 3 } }, []],
    [{ updateStrategy: { type: 'OnDelete' } }, []],
    [{ serviceName: 'other' }, ['Forbidden spec']],
    [{ podManagementPolicy: 'Parallel' }, ['Forbidden spec']],
    [{ volumeClaimTemplates: [{ metadata: { name: 'data' } }] }, ['Forbidden spec']],
  ])('%j', (spec, expected) => {
    expect(causes(validateStatefulSetUpdate(statefulSet(spec), statefulSet()))).toEqual(expected)
  })
})

test('a ControllerRevision keeps what it holds', () => {
  const revision: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { namespace: 'default', name: 'db-1' },
    data: { spec: {} },
    revision: 1,
  }
  const { data: _, ...empty } = revision
  expect(validateControllerRevision(revision)).toEqual([])
  expect(causes(validateControllerRevision({ ...empty, revision: -1 }))).toEqual(['Required data', 'Invalid revision'])
  expect(validateControllerRevisionUpdate({ ...revision, revision: 2 }, revision)).toEqual([])
  expect(causes(validateControllerRevisionUpdate({ ...revision, data: { spec: 1 } }, revision))).toEqual([
    'Invalid data',
  ])
})
