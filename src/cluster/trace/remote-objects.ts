/** Objects of another cluster's API server, read once: what a trace there is judged by. */
import { ApiError, createApiClient, type ApiClient } from '../../remote/api-client.ts'
import { listAll } from '../../remote/list.ts'
import { readAccess, type AccessOptions } from '../../remote/server-access.ts'

export { KubeconfigError } from '../../remote/kubeconfig.ts'

export interface RemoteObjects {
  /** As the API has them, with apiVersion and kind. */
  readonly objects: readonly object[]
  /** By plural name: what the server says where it refuses to list them. */
  readonly refusals: ReadonlyMap<string, string>
}

/** A kind that the server does not have counts as without objects. */
const READ: readonly { readonly apiVersion: string; readonly kind: string; readonly plural: string }[] = [
  { apiVersion: 'v1', kind: 'Namespace', plural: 'namespaces' },
  { apiVersion: 'v1', kind: 'Node', plural: 'nodes' },
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'v1', kind: 'Pod', plural: 'pods' },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices' },
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', plural: 'replicasets' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet', plural: 'statefulsets' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', plural: 'ingresses' },
]

/** Rejects with a KubeconfigError, or with an Error that says why the server cannot be read. */
export async function readRemoteObjects(options: AccessOptions): Promise<RemoteObjects> {
  const client = createApiClient(() => readAccess(options))
  const refusals = new Map<string, string>()
  try {
    const lists = await Promise.all(READ.map((one) => listOf(client, one, refusals)))
    return { objects: lists.flat(), refusals }
  } finally {
    client.close()
  }
}

async function listOf(
  client: ApiClient,
  { apiVersion, kind, plural }: (typeof READ)[number],
  refusals: Map<string, string>,
): Promise<readonly object[]> {
  const path = `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/${plural}`
  try {
    const { items } = await listAll(client, { path }, new AbortController().signal)
    // In a list the items do not say what they are.
    return items.flatMap((item) => (typeof item === 'object' && item !== null ? { ...item, apiVersion, kind } : []))
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return []
    if (!(error instanceof ApiError) || error.status !== 403) throw error
    refusals.set(plural, `the API server refuses to list ${plural} (${error.message})`)
    return []
  }
}
