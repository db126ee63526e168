/** Who may ask: only holders of a token, only by the server's own names, and never a web page. */
import type { IncomingMessage } from 'node:http'
import type { Status } from '../../api/status.ts'
import { failureStatus } from './failures.ts'
import type { Authenticate, UserInfo } from './tokens/authenticate.ts'

export type Admitted = { readonly user: UserInfo } | { readonly refusal: Status }

/** Whose request it is, or why it may not come in. */
export type Guard = (request: IncomingMessage) => Admitted

/** `names`: what may stand in the Host header, without a port. */
export function createGuard(authenticate: Authenticate, names: readonly string[]): Guard {
  const allowed = new Set(names)
  return ({ headers }) => {
    // Against DNS rebinding: a page that points its own name at this address still says that name.
    if (!allowed.has(hostName(headers.host ?? ''))) return forbidden('this is not the server of that host')
    if (headers.origin !== undefined) return forbidden('web pages may not use this server')
    if (Object.keys(headers).some((name) => name.startsWith('impersonate-')))
      return forbidden('nobody can act as somebody else here: ask with a token of whom you want to be')
    const [, given = ''] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
    const authenticated = authenticate(given)
    return 'user' in authenticated ? authenticated : { refusal: failureStatus(401, 'Unauthorized', 'Unauthorized') }
  }
}

function forbidden(message: string): Admitted {
  return { refusal: failureStatus(403, 'Forbidden', message) }
}

function hostName(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}
