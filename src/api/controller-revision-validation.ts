import type { ControllerRevision } from './apps.ts'
import { invalid, required, type FieldError } from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { dnsSubdomain } from './syntax.ts'

export function validateControllerRevision(revision: ControllerRevision): readonly FieldError[] {
  return [...validateObjectMeta(revision, dnsSubdomain, true), ...validateContent(revision)]
}

/** A revision is what it was: only its number may grow. */
export function validateControllerRevisionUpdate(
  revision: ControllerRevision,
  old: ControllerRevision,
): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(revision, old),
    ...validateLabels(revision.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateContent(revision),
  ]
  return equalJSON(revision.data, old.data)
    ? errors
    : [...errors, invalid(['data'], revision.data, 'field is immutable')]
}

function validateContent({ data, revision }: ControllerRevision): readonly FieldError[] {
  return [
    ...(data === undefined ? [required(['data'], 'data is mandatory')] : []),
    ...(revision < 0 ? [invalid(['revision'], revision, 'must be greater than or equal to 0')] : []),
  ]
}
