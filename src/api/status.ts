/** The API server's refusals: `Status` of meta/v1. */
import { fieldErrorBody, fieldErrorMessage, type FieldError } from './field-error.ts'
import { KINDS, type Kind } from './kinds.ts'

export interface StatusCause {
  readonly reason?: string
  readonly message: string
  readonly field?: string
}

export interface Status {
  readonly apiVersion: 'v1'
  readonly kind: 'Status'
  readonly status: 'Failure'
  readonly code: number
  /** Absent where the server met an error that it has no name for. */
  readonly reason?: string
  readonly message: string
  readonly details?: {
    readonly name?: string
    readonly group?: string
    readonly kind?: string
    readonly causes?: readonly StatusCause[]
    readonly retryAfterSeconds?: number
  }
  /** A token to go on with, where the one of the request has expired. */
  readonly metadata?: { readonly continue?: string }
}

function failure(code: number, reason: string | undefined, message: string, details?: Status['details']): Status {
  return {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code,
    ...(reason === undefined ? {} : { reason }),
    message,
    ...(details === undefined ? {} : { details }),
  }
}

/** `''` for the core group. */
function groupOf(kind: Kind): string {
  const { apiVersion } = KINDS[kind]
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
}

const qualifiedKind = (kind: Kind): string => [kind, groupOf(kind)].filter((part) => part !== '').join('.')
const resourceOf = (kind: Kind): string => [KINDS[kind].plural, groupOf(kind)].filter((part) => part !== '').join('.')

/** 422 with one cause for each error. */
export function invalidStatus(kind: Kind, name: string, errors: readonly FieldError[]): Status {
  const causes = errors.map((error) => ({
    reason: error.reason,
    message: fieldErrorBody(error),
    field: error.field,
  }))
  const messages = [...new Set(errors.map(fieldErrorMessage))]
  const text = messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`
  const message = `${qualifiedKind(kind)} ${JSON.stringify(name)} is invalid: ${text}`
  return failure(422, 'Invalid', message, { name, group: groupOf(kind), kind, causes })
}

export function badRequestStatus(message: string): Status {
  return failure(400, 'BadRequest', message)
}

export function notFoundStatus(kind: Kind, name: string): Status {
  const message = `${resourceOf(kind)} ${JSON.stringify(name)} not found`
  return failure(404, 'NotFound', message, { name, group: groupOf(kind), kind: KINDS[kind].plural })
}

export function alreadyExistsStatus(kind: Kind, name: string): Status {
  const message = `${resourceOf(kind)} ${JSON.stringify(name)} already exists`
  return failure(409, 'AlreadyExists', message, { name, group: groupOf(kind), kind: KINDS[kind].plural })
}

export function conflictStatus(kind: Kind, name: string, why: string): Status {
  const message = `Operation cannot be fulfilled on ${resourceOf(kind)} ${JSON.stringify(name)}: ${why}`
  return failure(409, 'Conflict', message, { name, group: groupOf(kind), kind: KINDS[kind].plural })
}

/** 403 as admission plugins say it. */
export function forbiddenStatus(kind: Kind, name: string, why: string): Status {
  const message = `${resourceOf(kind)} ${JSON.stringify(name)} is forbidden: ${why}`
  return failure(403, 'Forbidden', message, { name, group: groupOf(kind), kind: KINDS[kind].plural })
}

/** 403 for a create in a namespace that is being deleted. */
export function namespaceTerminatingStatus(kind: Kind, name: string, namespace: string): Status {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`
  const causes = [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ]
  const message = `${resourceOf(kind)} ${JSON.stringify(name)} is forbidden: ${why}`
  return failure(403, 'Forbidden', message, { name, group: groupOf(kind), kind: KINDS[kind].plural, causes })
}

export function internalErrorStatus(message: string): Status {
  return failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

/** 500 as the API server answers an error without a name. */
export function unnamedErrorStatus(message: string): Status {
  return failure(500, undefined, message)
}
