/** What `kubectl create token` sends. */
import { isRecord } from '../../../api/decode.ts'
import { fieldErrorBody, fieldErrorMessage, invalid } from '../../../api/field-error.ts'
import type { Pod, Secret, ServiceAccount } from '../../../api/core.ts'
import { conflictStatus, notFoundStatus } from '../../../api/status.ts'
import { timestamp } from '../../../lib/clock.ts'
import { get, type Snapshot } from '../../../model/snapshot.ts'
import { readObjectBody } from '../body.ts'
import type { ApiContext, ApiRequest } from '../context.ts'
import { badRequest, failureStatus, methodNotAllowed, Refusal } from '../failures.ts'
import { storedObject } from '../reads.ts'
import { sendJSON } from '../respond.ts'
import type { TokenWish } from './service-account-tokens.ts'

const DEFAULT_SECONDS = 3600
/** As Kubernetes has them. */
const [MINIMUM_SECONDS, MAXIMUM_SECONDS] = [600, 2 ** 32]

export async function serveTokenRequest(context: ApiContext, call: ApiRequest): Promise<void> {
  if (call.request.method !== 'POST') throw methodNotAllowed()
  const body = await readObjectBody(call.request)
  if (!isRecord(body)) throw badRequest('the body of the request must be a TokenRequest')
  const spec = isRecord(body['spec']) ? body['spec'] : {}
  const snapshot = context.store.snapshot()
  const account = storedObject(snapshot, call.path)
  if (account.kind !== 'ServiceAccount') throw methodNotAllowed()
  const audiences = audiencesOf(spec['audiences'] ?? [])
  const seconds = secondsOf(spec['expirationSeconds'] ?? DEFAULT_SECONDS)
  const boundTo = boundObject(spec['boundObjectRef'], account, snapshot)
  const wish: TokenWish = { audiences, seconds, ...(boundTo && { boundTo }) }
  const { token, expires } = context.tokens.issue(account, wish)
  const { name, namespace } = account.metadata
  sendJSON(call.response, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(context.now()) },
    spec: {
      ...spec,
      audiences: audiences.length > 0 ? audiences : [context.tokens.issuer],
      expirationSeconds: seconds,
    },
    status: { token, expirationTimestamp: timestamp(expires * 1000) },
  })
}

function audiencesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw badRequest(`spec.audiences must be a list of texts, not ${JSON.stringify(value)}`)
}

function secondsOf(value: unknown): number {
  if (!Number.isInteger(value))
    throw badRequest(`spec.expirationSeconds must be a whole number, not ${JSON.stringify(value)}`)
  const seconds = Number(value)
  if (seconds < MINIMUM_SECONDS) throw badDuration(seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAXIMUM_SECONDS) throw badDuration(seconds, 'may not specify a duration larger than 2^32 seconds')
  return seconds
}

function badDuration(seconds: number, detail: string): Refusal {
  const error = invalid(['spec', 'expirationSeconds'], seconds, detail)
  const message = `TokenRequest.authentication.k8s.io "" is invalid: ${fieldErrorMessage(error)}`
  const causes = [{ reason: error.reason, message: fieldErrorBody(error), field: error.field }]
  return new Refusal(
    failureStatus(422, 'Invalid', message, { group: 'authentication.k8s.io', kind: 'TokenRequest', causes }),
  )
}

/** Throws where it is not there, or not one that runs as the ServiceAccount. */
function boundObject(ref: unknown, account: ServiceAccount, snapshot: Snapshot): Pod | Secret | undefined {
  if (!isRecord(ref)) return undefined
  const { kind, apiVersion = 'v1', uid } = ref
  const name = String(ref['name'])
  if (apiVersion !== 'v1' || (kind !== 'Pod' && kind !== 'Secret'))
    throw badRequest(`cannot bind token to object of type ${String(apiVersion)}, Kind=${String(kind)}`)
  const found: Pod | Secret | undefined = get(snapshot, kind, `${account.metadata.namespace}/${name}`)
  if (found === undefined) throw new Refusal(notFoundStatus(kind, name))
  if (found.kind === 'Pod' && (found.spec.serviceAccountName ?? 'default') !== account.metadata.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`,
    )
  }
  if (typeof uid === 'string' && uid !== '' && uid !== found.metadata.uid) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw new Refusal(conflictStatus(kind, name, why))
  }
  return found
}
