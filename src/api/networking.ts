/** `networking.k8s.io/v1`: the addresses of Services as objects. */
import type { Condition, KubernetesObject } from './meta.ts'

/** One address that is taken; its name is the address. */
export interface IPAddress extends KubernetesObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'IPAddress'
  readonly spec?: { readonly parentRef?: ParentReference }
}

export interface ParentReference {
  readonly group?: string
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
}

/** A range of addresses of Services. */
export interface ServiceCIDR extends KubernetesObject {
  readonly apiVersion: 'networking.k8s.io/v1'
  readonly kind: 'ServiceCIDR'
  readonly spec?: { readonly cidrs?: readonly string[] }
  readonly status?: { readonly conditions?: readonly Condition[] }
}
