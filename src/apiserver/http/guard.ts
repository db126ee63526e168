/** Who may ask: only holders of the token, only by the server's own names, and never a web page. */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Status } from '../../api/status.ts'
import { failureStatus } from './failures.ts'

export interface Guard {
  /** The refusal of a request that may not come in. */
  refusal(request: IncomingMessage): Status | undefined
}

/** `names`: what may stand in the Host header, without a port. */
export function createGuard(token: string, names: readonly string[]): Guard {
  const allowed = new Set(names)
  const expected = Buffer.from(token)
  return {
    refusal({ headers }) {
      // Against DNS rebinding: a page that points its own name at this address still says that name.
      if (!allowed.has(hostName(headers.host ?? '')))
        return failureStatus(403, 'Forbidden', 'this is not the server of that host')
      if (headers.origin !== undefined) return failureStatus(403, 'Forbidden', 'web pages may not use this server')
      if (Object.keys(headers).some((name) => name.startsWith('impersonate-')))
        return failureStatus(
          403,
          'Forbidden',
          'nobody can act as somebody else here: there are no users, but one token',
        )
      const [, given = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
      return isEqual(Buffer.from(given), expected) ? undefined : failureStatus(401, 'Unauthorized', 'Unauthorized')
    },
  }
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
