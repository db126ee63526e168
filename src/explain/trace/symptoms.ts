/** What a client sees of a broken hop: measured on Linux 6.18 with nftables rules between network namespaces. */
import type { Symptom } from './report.ts'

const fast = (errno: string, text: string): Symptom => ({ errno, timing: 'fast', text })
const slow = (errno: string | null, text: string): Symptom => ({ errno, timing: 'slow', text })

export const REFUSED: Symptom = fast('ECONNREFUSED', 'connection refused, at once')
export const REFUSED_UDP: Symptom = fast(
  'ECONNREFUSED',
  'connection refused on the next receive, or silence where the program does not look',
)
export const TIMEOUT: Symptom = slow('ETIMEDOUT', 'nothing comes back: a timeout')
export const TIMEOUT_UDP: Symptom = slow(null, 'nothing comes back: a timeout')
export const NO_SUCH_NAME: Symptom = fast('ENOTFOUND', 'the name is not found, at once')
export const NAME_TIMEOUT: Symptom = slow('EAI_AGAIN', 'every name lookup times out')
export const HOST_UNREACHABLE: Symptom = fast('EHOSTUNREACH', 'no route to host, at once')
export const STALE: Symptom = slow('EHOSTUNREACH', 'no route to host, after about 3 seconds')
export const NO_ANSWER: Symptom = slow(null, 'the connection is made, then nothing comes back')
export const CLOSED: Symptom = fast('ECONNRESET', 'the connection is made and closed without an answer')
export const UNAVAILABLE: Symptom = { errno: null, timing: 'fast', text: 'the ingress controller answers 503' }
export const NOT_FOUND: Symptom = { errno: null, timing: 'fast', text: 'the ingress controller answers 404' }

/** Nothing listens there, or the rules refuse. */
export function refused(protocol: string): Symptom {
  return protocol === 'UDP' ? REFUSED_UDP : REFUSED
}

/** Something on the way drops the packets. */
export function timeout(protocol: string): Symptom {
  return protocol === 'UDP' ? TIMEOUT_UDP : TIMEOUT
}

/** The row for what `connect` gave; `milliseconds` since the call. */
export function symptomOf(errno: string, milliseconds: number): Symptom {
  if (errno === 'ECONNREFUSED') return REFUSED
  if (errno === 'EHOSTUNREACH') return milliseconds < 1000 ? HOST_UNREACHABLE : STALE
  if (errno === 'ENETUNREACH') return fast('ENETUNREACH', 'network is unreachable, at once')
  return errno === 'ETIMEDOUT' ? TIMEOUT : fast(errno, errno)
}
