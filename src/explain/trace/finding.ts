/** One hop while the trace is put together. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { Evidence, HopAddress, HopKind, HopStatus, Symptom, TraceFix } from './report.ts'

/** What is known of one hop. */
export interface HopFinding {
  readonly kind: HopKind
  readonly status: HopStatus
  readonly text: string
  readonly rule?: string
  readonly object?: ManifestObject | undefined
  readonly in?: HopAddress | undefined
  readonly out?: HopAddress | undefined
  readonly evidence?: readonly Evidence[]
  /** Of a failure. */
  readonly symptom?: Symptom
  readonly fixes?: readonly TraceFix[]
}

export type Details = Omit<HopFinding, 'kind' | 'status' | 'text'>

/** One constructor a status, so that a hop reads as a sentence. */
export const ok = (kind: HopKind, text: string, details: Details = {}): HopFinding => ({
  kind,
  status: 'ok',
  text,
  ...details,
})
export const warn = (kind: HopKind, text: string, details: Details = {}): HopFinding => ({
  kind,
  status: 'warn',
  text,
  ...details,
})
export const unknown = (kind: HopKind, text: string, details: Details = {}): HopFinding => ({
  kind,
  status: 'unknown',
  text,
  ...details,
})
export const skipped = (kind: HopKind, text: string): HopFinding => ({ kind, status: 'skipped', text })
export const fail = (kind: HopKind, text: string, symptom: Symptom, details: Details = {}): HopFinding => ({
  kind,
  status: 'fail',
  text,
  symptom,
  ...details,
})
