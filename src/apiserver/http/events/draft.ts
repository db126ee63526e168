/** What all derived events share. */
import type { AnyObject } from '../../../api/kinds.ts'
import type { OwnerReference } from '../../../api/meta.ts'

export interface EventDraft {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Who would have written it. */
  readonly component: string
  readonly object: EventObject
  readonly host?: string
  /** RFC 3339, where the object tells the time; else it is now. */
  readonly time?: string
}

export interface EventObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly uid: string
  readonly fieldPath?: string
}

export function referenceTo({ apiVersion, kind, metadata }: AnyObject, fieldPath?: string): EventObject {
  const { name, namespace = '', uid = '' } = metadata
  return { apiVersion, kind, name, namespace, uid, ...(fieldPath !== undefined && { fieldPath }) }
}

export function managerOf({ metadata }: AnyObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find((owner) => owner.controller === true)
}

export function ownerObject({ apiVersion, kind, name, uid }: OwnerReference, namespace = ''): EventObject {
  return { apiVersion, kind, name, namespace, uid }
}
