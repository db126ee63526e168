/** Questions of who one is and what one may do: whoever has a token may do everything. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../../api/decode.ts'
import { readObjectBody } from './body.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import { sendJSON } from './respond.ts'
import type { Authenticate, UserInfo } from './tokens/authenticate.ts'

/** A kind that is answered, and not stored. */
export interface UnstoredKind {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly singular: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
}

/** Who asks, and how tokens are judged. */
export interface Asking {
  readonly user: UserInfo
  readonly authenticate: Authenticate
}

type Spec = Readonly<Record<string, unknown>>

export interface Review extends UnstoredKind {
  /** The status. */
  readonly answer: (spec: Spec, asking: Asking) => unknown
}

const ALLOWED = { allowed: true, reason: 'whoever has a token of this network may do everything' }
const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
}

export const REVIEWS: readonly Review[] = [
  review('authorization.k8s.io/v1', 'SelfSubjectAccessReview', () => ALLOWED),
  review('authorization.k8s.io/v1', 'SelfSubjectRulesReview', () => EVERYTHING),
  review('authorization.k8s.io/v1', 'SubjectAccessReview', () => ALLOWED),
  review('authorization.k8s.io/v1', 'LocalSubjectAccessReview', () => ALLOWED, true),
  review('authentication.k8s.io/v1', 'SelfSubjectReview', whoAsks),
  review('authentication.k8s.io/v1', 'TokenReview', judgeToken),
  // What kubectl asks before it knows of v1: KEP-3325 went through both.
  review('authentication.k8s.io/v1beta1', 'SelfSubjectReview', whoAsks),
  review('authentication.k8s.io/v1alpha1', 'SelfSubjectReview', whoAsks),
]

function review(apiVersion: string, kind: string, answer: Review['answer'], namespaced = false): Review {
  const [group = '', version = ''] = apiVersion.split('/')
  const singular = kind.toLowerCase()
  return { group, version, kind, plural: `${singular}s`, singular, namespaced, verbs: ['create'], answer }
}

function whoAsks(_spec: Spec, { user }: Asking): unknown {
  return { userInfo: user }
}

/** What a program asks to whom a client came with a token. */
function judgeToken(spec: Spec, { authenticate }: Asking): unknown {
  const [token, audiences] = [spec['token'] ?? '', spec['audiences'] ?? []]
  if (typeof token !== 'string' || !Array.isArray(audiences))
    throw badRequest('spec.token must be a text and spec.audiences a list of texts')
  const judged = authenticate(token, audiences.map(String))
  return 'user' in judged ? { authenticated: true, ...judged } : { authenticated: false, ...judged }
}

/** The review of a path, if it is one's. */
export function findReview(pathname: string): Review | undefined {
  return REVIEWS.find(({ group, version, plural, namespaced }) => {
    const root = `/apis/${group}/${version}/`
    if (!pathname.startsWith(root)) return false
    const rest = pathname.slice(root.length)
    return namespaced ? /^namespaces\/[\w.-]+\/([a-z]+)$/.exec(rest)?.[1] === plural : rest === plural
  })
}

export async function serveReview(
  { answer }: Review,
  asking: Asking,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed()
  const asked = await readObjectBody(request)
  if (!isRecord(asked)) throw badRequest('the body of the request must be an object')
  const spec = isRecord(asked['spec']) ? asked['spec'] : {}
  sendJSON(response, 201, { metadata: {}, ...asked, status: answer(spec, asking) })
}
