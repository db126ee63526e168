/** Refusals that have nothing to do with one object: of the request itself. */
import type { Status } from '../../api/status.ts'

/** Thrown inside a request, answered as its Status. */
export class Refusal extends Error {
  readonly status: Status
  constructor(status: Status) {
    super(status.message)
    this.status = status
  }
}

export function failureStatus(
  code: number,
  reason: string | undefined,
  message: string,
  details: NonNullable<Status['details']> = {},
): Status {
  const named = reason === undefined ? {} : { reason }
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, ...named, message, details }
}

export function badRequest(message: string): Refusal {
  return new Refusal(failureStatus(400, 'BadRequest', message))
}

/** What client-go says of a path that nobody serves. */
export function noSuchPath(): Refusal {
  return new Refusal(failureStatus(404, 'NotFound', 'the server could not find the requested resource'))
}

/** A path that a cluster may have and this server has not: typed clients show the message, `kubectl create role` among them. */
export function notServed(pathname: string): Refusal {
  const [root, ...rest] = pathname.split('/').filter((part) => part !== '')
  const [group, version, ...path] = root === 'api' ? ['', ...rest] : rest
  const plural = path[0] === 'namespaces' && path.length > 2 ? path[2] : path[0]
  if (!['api', 'apis'].includes(root ?? '') || plural === undefined || !/^[a-z]+$/.test(plural)) return noSuchPath()
  const message =
    `the server could not find the requested resource: ${plural} of ${group === '' ? '' : `${group}/`}${version} ` +
    `is not served here ("kubectl api-resources" lists what is)`
  return new Refusal(failureStatus(404, 'NotFound', message))
}

export function methodNotAllowed(): Refusal {
  const message = 'the server does not allow this method on the requested resource'
  return new Refusal(failureStatus(405, 'MethodNotAllowed', message))
}

export function unsupportedMediaType(given: string, accepted: readonly string[]): Refusal {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`
  return new Refusal(failureStatus(415, 'UnsupportedMediaType', given === '' ? message : `${message} (got ${given})`))
}

/** What Portolan does not do, with the way out. */
export function notImplemented(message: string): Refusal {
  return new Refusal(failureStatus(501, 'NotImplemented', message))
}

export function expired(message: string): Status {
  return failureStatus(410, 'Expired', message)
}

/** A client that was at another server: client-go lists anew when it reads the cause. */
export function versionTooLarge(version: number, current: number): Refusal {
  const message = `Too large resource version: ${version}, current: ${current}`
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version', field: '' }]
  return new Refusal(failureStatus(504, 'Timeout', `Timeout: ${message}`, { causes, retryAfterSeconds: 1 }))
}
