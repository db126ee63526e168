/** What comes out of the steps of an allocation. */
import type { Service } from '../api/core.ts'
import type { FieldError } from '../api/field-error.ts'
import type { Allocations } from './allocations.ts'

/** Why a request cannot be served: what the API server answers, and for people the fields. */
export interface AllocationFailure {
  readonly code: 422 | 500
  /** Of a 422: the causes. Of a 500: where the manifest is to blame. */
  readonly errors: readonly FieldError[]
  readonly message: string
  /** Absent where the API server gives its Status no reason. */
  readonly reason?: 'Invalid' | 'InternalError'
}

export interface Allocated {
  readonly service: Service
  /** The pool as it is once the Service is stored, as far as it was given anything. */
  readonly allocations: Allocations
  /** In the order of the steps; empty when all went well. The API server answers with the first. */
  readonly failures: readonly AllocationFailure[]
}

export function invalidAllocation(errors: readonly FieldError[]): AllocationFailure {
  return { code: 422, reason: 'Invalid', errors, message: '' }
}

export function internalFailure(message: string, errors: readonly FieldError[] = []): AllocationFailure {
  return { code: 500, reason: 'InternalError', errors, message }
}

export function withFailure(allocated: Allocated, failure: AllocationFailure): Allocated {
  return { ...allocated, failures: [...allocated.failures, failure] }
}
