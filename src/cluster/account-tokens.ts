/** Tokens of ServiceAccounts: there from the start, for Pods may want one before the API server is loaded. */
import type { Pod } from '../api/core.ts'
import { makeJwtKey } from '../apiserver/http/tokens/jwt.ts'
import {
  createServiceAccountTokens,
  type ServiceAccountTokens,
} from '../apiserver/http/tokens/service-account-tokens.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import type { TokenProjection } from '../kubelet/volumes/projected-tokens.ts'
import type { StateFile } from './state/state-file.ts'

/** Where the network outlives its processes, its key does so too, and tokens that somebody has. */
export function createAccountTokens(
  file: StateFile | undefined,
  { clusterDomain }: ClusterConfig,
  snapshot: () => Snapshot,
): ServiceAccountTokens {
  const former = file?.recall('token-key')
  const key = typeof former === 'string' ? former : makeJwtKey()
  file?.remember('token-key', key)
  return createServiceAccountTokens({
    key,
    issuer: `https://kubernetes.default.svc.${clusterDomain}`,
    snapshot,
    now: Date.now,
  })
}

/** Of the Pod's ServiceAccount, bound to the Pod; undefined where it has none. */
export function podToken(
  tokens: ServiceAccountTokens,
  snapshot: Snapshot,
  pod: Pod,
  { audience, seconds }: TokenProjection,
): string | undefined {
  const { namespace = 'default' } = pod.metadata
  const account = get(snapshot, 'ServiceAccount', `${namespace}/${pod.spec.serviceAccountName ?? 'default'}`)
  const audiences = audience === undefined ? [] : [audience]
  return account && tokens.issue(account, { audiences, seconds, boundTo: pod }).token
}
