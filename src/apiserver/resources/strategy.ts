import type { FieldError } from '../../api/field-error.ts'
import type { AnyObject } from '../../api/kinds.ts'
import type { AllocationFailure } from '../allocated.ts'
import type { Allocations } from '../allocations.ts'

/** An object after the steps before validation, the pool it was given from, and what could not be given. */
export interface Prepared<T> {
  readonly object: T
  readonly allocations: Allocations
  readonly failures: readonly AllocationFailure[]
}

/** How one kind is accepted. Every function is pure; `old` is the stored object. */
export interface Strategy<T extends AnyObject> {
  setDefaults(object: T): T
  /** After the defaults: status emptied, values allocated. */
  prepareForCreate(object: T, allocations: Allocations): Prepared<T>
  /** After the defaults: status and omitted values taken from `old`, values allocated. */
  prepareForUpdate(object: T, old: T, allocations: Allocations): Prepared<T>
  validate(object: T): readonly FieldError[]
  validateUpdate(object: T, old: T): readonly FieldError[]
  /** What the server says of an object that it accepts. */
  warnings(object: T): readonly string[]
  /** Rules of `/status`, where the kind has any. */
  validateStatus?(object: T): readonly FieldError[]
  /** After the store gave it a uid: what depends on that. */
  identify?(object: T): T
  /** Whether an update of a name that does not exist creates it. */
  readonly createsOnUpdate: boolean
}

/** A kind for which nothing is allocated. */
export type PlainStrategy<T extends AnyObject> = Omit<Strategy<T>, 'prepareForCreate' | 'prepareForUpdate'> & {
  readonly initial?: (object: T) => T
  /** The status of `old`, and what else an update of the object itself may not change. */
  readonly carryOver?: (object: T, old: T) => T
}

export function plainStrategy<T extends AnyObject>(given: PlainStrategy<T>): Strategy<T> {
  const { initial = (object: T) => object, carryOver = (object: T) => object, ...rest } = given
  return {
    ...rest,
    prepareForCreate: (object, allocations) => ({ object: initial(object), allocations, failures: [] }),
    prepareForUpdate: (object, old, allocations) => ({ object: carryOver(object, old), allocations, failures: [] }),
  }
}

/** `object` with the status of `old`. */
export function withStatusOf<T extends { readonly status?: unknown }>(object: T, old: T): T {
  const { status: _, ...rest } = object
  return (old.status === undefined ? rest : { ...rest, status: old.status }) as T
}
