/** Questions of who one is and what one may do: whoever has the token is one and the same, and may do everything. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isRecord } from '../../api/decode.ts'
import { readObjectBody } from './body.ts'
import { badRequest, methodNotAllowed } from './failures.ts'
import { sendJSON } from './respond.ts'

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

export interface Review extends UnstoredKind {
  readonly answer: unknown
}

const ALLOWED = { allowed: true, reason: 'whoever has the token of this network may do everything' }
const EVERYTHING = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
}
const USER = { userInfo: { username: 'portolan', groups: ['system:masters', 'system:authenticated'] } }

export const REVIEWS: readonly Review[] = [
  review('authorization.k8s.io/v1', 'SelfSubjectAccessReview', ALLOWED),
  review('authorization.k8s.io/v1', 'SelfSubjectRulesReview', EVERYTHING),
  review('authorization.k8s.io/v1', 'SubjectAccessReview', ALLOWED),
  review('authorization.k8s.io/v1', 'LocalSubjectAccessReview', ALLOWED, true),
  review('authentication.k8s.io/v1', 'SelfSubjectReview', USER),
  // What kubectl asks before it knows of v1: KEP-3325 went through both.
  review('authentication.k8s.io/v1beta1', 'SelfSubjectReview', USER),
  review('authentication.k8s.io/v1alpha1', 'SelfSubjectReview', USER),
]

function review(apiVersion: string, kind: string, answer: unknown, namespaced = false): Review {
  const [group = '', version = ''] = apiVersion.split('/')
  const singular = kind.toLowerCase()
  return { group, version, kind, plural: `${singular}s`, singular, namespaced, verbs: ['create'], answer }
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
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') throw methodNotAllowed()
  const asked = await readObjectBody(request)
  if (!isRecord(asked)) throw badRequest('the body of the request must be an object')
  sendJSON(response, 201, { metadata: {}, ...asked, status: answer })
}
