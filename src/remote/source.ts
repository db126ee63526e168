/** Which objects of an API server are followed. */
import { SERVICE_PROXY_NAME_LABEL } from '../model/resolve-services.ts'
import { HEADLESS_LABEL } from '../model/endpoints.ts'
import { KINDS, type Kind } from '../api/kinds.ts'

export type RemoteKind = Kind | 'ServiceCIDR'

export interface Source {
  readonly kind: RemoteKind
  /** `/api/v1/services` */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Older servers do not have the kind: it then counts as without objects. */
  readonly optional?: boolean
}

/** All objects of a kind. */
export function sourceOf(kind: Kind): Source {
  const { apiVersion, plural } = KINDS[kind]
  return { kind, path: `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}/${plural}` }
}

/** `networking.k8s.io/v1` since 1.33. */
const SERVICE_CIDRS: Source = {
  kind: 'ServiceCIDR',
  path: '/apis/networking.k8s.io/v1/servicecidrs',
  optional: true,
}

/** What kube-proxy watches: no headless Services, and none that is another proxy's. */
export function proxySources(node: string): readonly Source[] {
  const labelSelector = `!${SERVICE_PROXY_NAME_LABEL},!${HEADLESS_LABEL}`
  return [
    { ...sourceOf('Service'), labelSelector, fieldSelector: 'spec.clusterIP!=None' },
    { ...sourceOf('EndpointSlice'), labelSelector },
    { ...sourceOf('Node'), fieldSelector: `metadata.name=${node}` },
    SERVICE_CIDRS,
  ]
}

/** Pods that have ended have no names, and most of the Pods of some clusters have. */
const ALIVE = ['Succeeded', 'Failed', 'Unknown'].map((phase) => `status.phase!=${phase}`).join()

/** What names are made of. `pods`: also the names of Pods that are there. */
export function dnsSources(pods: boolean): readonly Source[] {
  const kinds: readonly Kind[] = ['Namespace', 'Service', 'EndpointSlice']
  return [...kinds.map(sourceOf), ...(pods ? [{ ...sourceOf('Pod'), fieldSelector: ALIVE }] : [])]
}
