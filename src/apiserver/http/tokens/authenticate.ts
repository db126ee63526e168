/** Who a bearer token stands for: the user of the kubeconfig, or a ServiceAccount. */
import { timingSafeEqual } from 'node:crypto'
import type { Authenticated, ServiceAccountTokens } from './service-account-tokens.ts'

/** As authentication.k8s.io has it. */
export interface UserInfo {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** `audiences`: whom the token has to be meant for, one of them; without any, the API server. */
export type Authenticate = (bearer: string, audiences?: readonly string[]) => Authenticated

const OWNER: UserInfo = { username: 'portolan', groups: ['system:masters', 'system:authenticated'] }
const INVALID: Authenticated = { error: 'invalid bearer token' }

/** `token`: the one of the kubeconfig. */
export function createAuthenticator(token: string, tokens: ServiceAccountTokens): Authenticate {
  const expected = Buffer.from(token)
  return (bearer, audiences = []) => {
    const wanted = audiences.length > 0 ? audiences : [tokens.issuer]
    if (!isEqual(Buffer.from(bearer), expected)) return tokens.authenticate(bearer, wanted) ?? INVALID
    return wanted.includes(tokens.issuer) ? { user: OWNER, audiences: [tokens.issuer] } : INVALID
  }
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected)
}
