/** Tokens of ServiceAccounts (KEP-1205, KEP-1460): what is in them, and whether one still counts. */
import { randomUUID } from 'node:crypto'
import { isRecord } from '../../../api/decode.ts'
import type { Pod, Secret, ServiceAccount } from '../../../api/core.ts'
import { get, type Snapshot } from '../../../model/snapshot.ts'
import type { UserInfo } from './authenticate.ts'
import { readJwtKey, type Claims } from './jwt.ts'

export interface TokenOptions {
  /** Private key, PEM. */
  readonly key: string
  /** `https://kubernetes.default.svc.cluster.local`: who signs, and the audience that means the API server. */
  readonly issuer: string
  snapshot(): Snapshot
  /** Milliseconds since 1970. */
  now(): number
}

export interface TokenWish {
  /** Empty: the API server. */
  readonly audiences: readonly string[]
  readonly seconds: number
  /** The token ends with it. */
  readonly boundTo?: Pod | Secret
}

export interface IssuedToken {
  readonly token: string
  /** Seconds since 1970. */
  readonly expires: number
}

export type Authenticated =
  | { readonly user: UserInfo; readonly audiences: readonly string[] }
  | { readonly error: string }

export interface ServiceAccountTokens {
  readonly issuer: string
  issue(account: ServiceAccount, wish: TokenWish): IssuedToken
  /** Undefined where the text is no token of this key. */
  authenticate(token: string, audiences: readonly string[]): Authenticated | undefined
}

export function createServiceAccountTokens({ key, issuer, snapshot, now }: TokenOptions): ServiceAccountTokens {
  const own = readJwtKey(key)
  return {
    issuer,
    issue({ metadata }, { audiences, seconds, boundTo }) {
      const { namespace = 'default', name, uid } = metadata
      const issuedAt = Math.floor(now() / 1000)
      const expires = issuedAt + seconds
      const token = own.sign({
        aud: audiences.length > 0 ? audiences : [issuer],
        exp: expires,
        iat: issuedAt,
        iss: issuer,
        jti: randomUUID(),
        'kubernetes.io': {
          namespace,
          serviceaccount: { name, uid },
          ...(boundTo && {
            [boundTo.kind.toLowerCase()]: { name: boundTo.metadata.name, uid: boundTo.metadata.uid },
          }),
        },
        nbf: issuedAt,
        sub: userName(namespace, name),
      })
      return { token, expires }
    },
    authenticate(token, audiences) {
      const claims = own.verify(token)
      if (claims === undefined || claims['iss'] !== issuer) return undefined
      if (Number(claims['exp']) <= now() / 1000) return { error: 'service account token has expired' }
      const meant = textsOf(claims['aud'])
      const shared = audiences.filter((audience) => meant.includes(audience))
      if (shared.length === 0) {
        const [given, wanted] = [JSON.stringify(meant), JSON.stringify(audiences)]
        return { error: `token audiences ${given} is invalid for the target audiences ${wanted}` }
      }
      return holderOf(claims, snapshot(), shared)
    },
  }
}

function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** Who a token stands for, where all that it is bound to is still there: the same objects, not others of their names. */
function holderOf(claims: Claims, snapshot: Snapshot, audiences: readonly string[]): Authenticated {
  const { 'kubernetes.io': own, jti } = claims
  const parts: Claims = isRecord(own) ? own : {}
  const namespace = String(parts['namespace'])
  const [account, pod, secret] = [parts['serviceaccount'], parts['pod'], parts['secret']].map(reference)
  if (account === undefined) return { error: 'the token names no ServiceAccount' }
  const bound = [
    ['ServiceAccount', account],
    ['Pod', pod],
    ['Secret', secret],
  ] as const
  for (const [kind, wanted] of bound) {
    if (wanted === undefined) continue
    const found = get(snapshot, kind, `${namespace}/${wanted.name}`)
    if (found?.metadata.uid !== wanted.uid) return { error: `${kind} ${namespace}/${wanted.name} has been deleted` }
  }
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  const extra = {
    'authentication.kubernetes.io/credential-id': [`JTI=${String(jti)}`],
    ...(pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    }),
  }
  return { user: { username: userName(namespace, account.name), uid: account.uid, groups, extra }, audiences }
}

function reference(value: unknown): { readonly name: string; readonly uid: string } | undefined {
  return isRecord(value) ? { name: String(value['name']), uid: String(value['uid']) } : undefined
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
