import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  required,
  spelled,
  tooLong,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import type { KubernetesObject, LabelSelector, LabelSelectorRequirement, ObjectMeta, OwnerReference } from './meta.ts'
import { dnsLabel, labelValue, qualifiedName } from './syntax.ts'

export type NameRule = (name: string) => readonly string[]
type Labels = Readonly<Record<string, string>>

const MAX_ANNOTATIONS_BYTES = 256 * 1024

/** Name, namespace, labels, annotations, owners. `nameRule` is the kind's own. */
export function validateObjectMeta(
  object: KubernetesObject,
  nameRule: NameRule,
  namespaced: boolean,
): readonly FieldError[] {
  const { metadata } = object
  return [
    ...validateName(metadata, nameRule),
    ...validateNamespace(metadata, namespaced),
    ...validateLabels(metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateAnnotations(metadata.annotations ?? {}, ['metadata', 'annotations']),
    ...(metadata.ownerReferences ?? []).flatMap((owner, i) => validateOwner(owner, ['metadata', 'ownerReferences', i])),
    ...(metadata.finalizers ?? []).flatMap((finalizer, i) =>
      invalidEach(['metadata', 'finalizers', i], finalizer, qualifiedName(finalizer)),
    ),
  ]
}

function validateName(metadata: ObjectMeta, nameRule: NameRule): readonly FieldError[] {
  const errors: FieldError[] = []
  const { name, generateName = '' } = metadata
  if (generateName !== '') {
    errors.push(...invalidEach(['metadata', 'generateName'], generateName, nameRule(generateName.replace(/-$/, 'a'))))
  }
  if (name === '') errors.push(required(['metadata', 'name'], 'name or generateName is required'))
  else errors.push(...invalidEach(['metadata', 'name'], name, nameRule(name)))
  return errors
}

function validateNamespace(metadata: ObjectMeta, namespaced: boolean): readonly FieldError[] {
  const path = ['metadata', 'namespace']
  const { namespace } = metadata
  if (!namespaced) return namespace === undefined ? [] : [forbidden(path, 'not allowed on this type')]
  return namespace === undefined ? [required(path)] : invalidEach(path, namespace, dnsLabel(namespace))
}

function validateOwner(owner: OwnerReference, path: FieldPath): readonly FieldError[] {
  const fields = ['apiVersion', 'kind', 'name', 'uid'] as const
  return fields.flatMap((field) =>
    owner[field] ? [] : [invalid([...path, field], owner[field] ?? '', 'must not be empty')],
  )
}

/** Keys and values. Kubernetes reports them at the map; `path` leads to the entry. */
export function validateLabels(labels: Labels, path: FieldPath): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => {
    const problems = [...invalidEach(path, key, qualifiedName(key)), ...invalidEach(path, value, labelValue(value))]
    return problems.map((error) => ({ ...error, path: [...path, key] }))
  })
}

export function validateAnnotations(annotations: Labels, path: FieldPath): readonly FieldError[] {
  const entries = Object.entries(annotations)
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  const keys = entries.flatMap(([key]) =>
    invalidEach(path, key, qualifiedName(key.toLowerCase())).map((error) => ({ ...error, path: [...path, key] })),
  )
  return size > MAX_ANNOTATIONS_BYTES ? [...keys, tooLong(path, MAX_ANNOTATIONS_BYTES)] : keys
}

const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist']

export function validateLabelSelector(selector: LabelSelector, path: FieldPath): readonly FieldError[] {
  return [
    ...validateLabels(selector.matchLabels ?? {}, [...path, 'matchLabels']),
    ...(selector.matchExpressions ?? []).flatMap((requirement, i) =>
      validateRequirement(requirement, [...path, 'matchExpressions', i]),
    ),
  ]
}

function validateRequirement(requirement: LabelSelectorRequirement, path: FieldPath): readonly FieldError[] {
  const { key, operator, values = [] } = requirement
  const errors: FieldError[] = [...invalidEach([...path, 'key'], key, qualifiedName(key))]
  if (!OPERATORS.includes(operator))
    errors.push(invalid([...path, 'operator'], operator, 'not a valid selector operator'))
  const takesValues = operator === 'In' || operator === 'NotIn'
  if (takesValues && values.length === 0) {
    errors.push(required([...path, 'values'], "must be specified when `operator` is 'In' or 'NotIn'"))
  }
  if (!takesValues && values.length > 0) {
    errors.push(forbidden([...path, 'values'], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
  }
  values.forEach((value, i) => errors.push(...invalidEach([...path, 'values', i], value, labelValue(value))))
  return errors
}

/** Whether `labels` satisfy every term; the empty selector takes everything. */
export function matchesLabelSelector(selector: LabelSelector, labels: Labels): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key)
  const matchesRequirement = ({ key, operator, values = [] }: LabelSelectorRequirement): boolean => {
    switch (operator) {
      case 'In':
        return has(key) && values.includes(labels[key] ?? '')
      case 'NotIn':
        return !has(key) || !values.includes(labels[key] ?? '')
      case 'Exists':
        return has(key)
      default:
        return !has(key)
    }
  }
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => has(key) && labels[key] === value) &&
    (selector.matchExpressions ?? []).every(matchesRequirement)
  )
}

/** What no update may change. Fields that the client left out were taken from `old` before. */
export function validateObjectMetaUpdate(object: KubernetesObject, old: KubernetesObject): readonly FieldError[] {
  const fields = ['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const
  const changed = fields.flatMap((field) =>
    object.metadata[field] === old.metadata[field]
      ? []
      : [invalid(['metadata', field], object.metadata[field] ?? '', 'field is immutable')],
  )
  return [...changed, ...validateFinalizers(object, old)]
}

/** What is about to go cannot be held back by somebody new. */
function validateFinalizers({ metadata }: KubernetesObject, old: KubernetesObject): readonly FieldError[] {
  if (old.metadata.deletionTimestamp === undefined) return []
  const before = old.metadata.finalizers ?? []
  const added = (metadata.finalizers ?? []).filter((name) => !before.includes(name))
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers [${added.map((name) => JSON.stringify(name)).join(' ')}]`
  return added.length === 0 ? [] : [forbidden(['metadata', 'finalizers'], detail)]
}

/** Names that occur twice in a list; empty ones are passed over. */
export function validateUnique(
  names: readonly (string | undefined)[],
  pathAt: (index: number) => FieldPath,
): readonly FieldError[] {
  const seen = new Set<string>()
  return names.flatMap((name, i) => {
    if (name === undefined || name === '') return []
    if (seen.has(name)) return [duplicate(pathAt(i), name)]
    seen.add(name)
    return []
  })
}

/** Errors of a nested map whose own field name Kubernetes reports. */
export function reportedAt(errors: readonly FieldError[], field: string): readonly FieldError[] {
  return errors.map((error) => spelled(error, field))
}
