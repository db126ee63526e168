/** The API server's keys and port, so that a kubeconfig still holds after a restart. */
import { isRecord } from '../../api/decode.ts'
import type { Certificates } from '../../apiserver/http/certificates.ts'
import type { StateFile } from './state-file.ts'

export interface ServerNote {
  readonly certificates: Certificates
  readonly token: string
  readonly port: number
  /** What the certificate is for. */
  readonly names: readonly string[]
  /** Milliseconds since 1970. */
  readonly madeAt: number
}

/** Before the certificate ends, which is valid for a year. */
const RENEWED_AFTER = 300 * 24 * 60 * 60 * 1000

/** Undefined where there is none, or none that these names can use. */
export function formerServer(file: StateFile | undefined, names: readonly string[]): ServerNote | undefined {
  const note = file?.recall('api-server')
  if (!isServerNote(note) || note.names.join() !== names.join()) return undefined
  const age = Date.now() - note.madeAt
  return age >= 0 && age < RENEWED_AFTER ? note : undefined
}

export function rememberServer(file: StateFile | undefined, note: ServerNote): void {
  file?.remember('api-server', note)
  const problem = file?.flush()
  if (problem !== undefined) throw new Error(`the folder of --state cannot be written: ${problem}`)
}

function isServerNote(value: unknown): value is ServerNote {
  if (!isRecord(value) || !isRecord(value['certificates'])) return false
  const { authority, certificate, key } = value['certificates']
  const texts = [authority, certificate, key, value['token']]
  return (
    texts.every((text) => typeof text === 'string') &&
    typeof value['port'] === 'number' &&
    typeof value['madeAt'] === 'number' &&
    Array.isArray(value['names'])
  )
}
