import type { Status } from '../api/status.ts'

export interface Written<T> {
  /** 201 for a create, else 200. */
  readonly code: 200 | 201
  readonly object: T
  readonly warnings: readonly string[]
}

export interface Refused {
  readonly failure: Status
}

export type WriteResult<T> = Written<T> | Refused

export function refuse(failure: Status): Refused {
  return { failure }
}
