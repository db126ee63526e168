/** `discovery.k8s.io/v1`. */
import type { ObjectReference, Protocol } from './core.ts'
import type { KubernetesObject } from './meta.ts'

export interface EndpointSlice extends KubernetesObject {
  readonly apiVersion: 'discovery.k8s.io/v1'
  readonly kind: 'EndpointSlice'
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN'
  readonly endpoints: readonly SliceEndpoint[]
  readonly ports?: readonly EndpointPort[]
}

/** `Endpoint` of the API; named apart from `model`'s Endpoint, which is one address and one port. */
export interface SliceEndpoint {
  /** Consumers use the first one only. */
  readonly addresses: readonly string[]
  readonly conditions?: EndpointConditions
  readonly hostname?: string
  readonly nodeName?: string
  readonly zone?: string
  readonly targetRef?: ObjectReference
  readonly hints?: {
    readonly forZones?: readonly { readonly name: string }[]
    readonly forNodes?: readonly { readonly name: string }[]
  }
}

/** nil `ready` and `serving` mean true, nil `terminating` means false. */
export interface EndpointConditions {
  readonly ready?: boolean
  readonly serving?: boolean
  readonly terminating?: boolean
}

export interface EndpointPort {
  readonly name?: string
  readonly protocol?: Protocol
  readonly port?: number
  readonly appProtocol?: string
}

/** The label that names a slice's Service. */
export const SERVICE_NAME_LABEL: string = 'kubernetes.io/service-name'
