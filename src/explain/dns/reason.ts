import type { RecordRequest } from '../../dns/parse-request.ts'
import type { Zone } from '../../dns/zone.ts'
import type { Snapshot } from '../../model/snapshot.ts'

/** One sentence about why, and one about what to do where there is something. */
export interface Reason {
  readonly text: string
  readonly hint?: string
}

/** Reasons about one name. The more of the name exists, the likelier it is the one that was meant. */
export interface Finding {
  readonly weight: number
  readonly reasons: readonly Reason[]
}

export type ServiceRequest = Extract<RecordRequest, { shape: 'service' }>
export type PodRequest = Extract<RecordRequest, { shape: 'pod' }>

/** What is known, and what was asked. */
export interface Evidence {
  readonly zone: Zone
  readonly snapshot: Snapshot
  readonly type: string
}

/** `shop/web`. */
export function serviceTitle({ namespace, service }: Pick<ServiceRequest, 'namespace' | 'service'>): string {
  return `Service ${namespace}/${service}`
}
