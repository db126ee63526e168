import type { StatefulSet, StatefulSetUpdateStrategy } from './apps.ts'
import { forbidden, invalid, notSupported, required, type FieldError, type FieldPath } from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { dnsSubdomain } from './syntax.ts'
import { validateNotNegative, validateWorkloadSpec } from './workload-validation.ts'

export function validateStatefulSet(statefulSet: StatefulSet): readonly FieldError[] {
  return [...validateObjectMeta(statefulSet, dnsSubdomain, true), ...validateSpec(statefulSet)]
}

/** What an update may change. */
const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

export function validateStatefulSetUpdate(statefulSet: StatefulSet, old: StatefulSet): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(statefulSet, old),
    ...validateLabels(statefulSet.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateSpec(statefulSet),
  ]
  if (equalJSON(fixedPart(statefulSet), fixedPart(old))) return errors
  const names = MUTABLE.map((name) => `'${name}'`)
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return [...errors, forbidden(['spec'], `updates to statefulset spec for fields other than ${list} are forbidden`)]
}

function fixedPart({ spec }: StatefulSet): unknown {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !MUTABLE.includes(field)))
}

function validateSpec(statefulSet: StatefulSet): readonly FieldError[] {
  const { podManagementPolicy: policy = 'OrderedReady', updateStrategy = {}, ordinals, ...spec } = statefulSet.spec
  return [
    ...(['OrderedReady', 'Parallel'].includes(policy)
      ? []
      : [invalid(['spec', 'podManagementPolicy'], policy, "must be 'OrderedReady' or 'Parallel'")]),
    ...validateUpdateStrategy(updateStrategy),
    ...validateNotNegative(['spec', 'minReadySeconds'], spec.minReadySeconds),
    ...validateNotNegative(['spec', 'revisionHistoryLimit'], spec.revisionHistoryLimit),
    ...validateNotNegative(['spec', 'ordinals', 'start'], ordinals?.start),
    ...Object.entries(spec.persistentVolumeClaimRetentionPolicy ?? {}).flatMap(([field, value]) =>
      validateRetention(['spec', 'persistentVolumeClaimRetentionPolicy', field], value),
    ),
    ...(spec.volumeClaimTemplates ?? []).flatMap(({ metadata }, i) =>
      (metadata.name ?? '') === '' ? [required(['spec', 'volumeClaimTemplates', i, 'metadata', 'name'])] : [],
    ),
    ...validateWorkloadSpec(statefulSet),
  ]
}

function validateRetention(path: FieldPath, value: string): readonly FieldError[] {
  return ['Retain', 'Delete'].includes(value) ? [] : [notSupported(path, value, ['Delete', 'Retain'])]
}

function validateUpdateStrategy({
  type = 'RollingUpdate',
  rollingUpdate,
}: StatefulSetUpdateStrategy): readonly FieldError[] {
  const path = ['spec', 'updateStrategy']
  if (type === 'OnDelete') {
    return rollingUpdate === undefined
      ? []
      : [invalid([...path, 'rollingUpdate'], rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
  }
  if (type !== 'RollingUpdate') return [invalid(path, type, "must be 'RollingUpdate' or 'OnDelete'")]
  return validateNotNegative([...path, 'rollingUpdate', 'partition'], rollingUpdate?.partition)
}
