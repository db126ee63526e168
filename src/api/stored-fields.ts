/** Of kinds that are kept and shown, the fields that are shown. */
import type { LabelSelector } from './meta.ts'

type Numbered = Readonly<Record<string, string | number>>

export interface PriorityFields {
  readonly value?: number
  readonly globalDefault?: boolean
  readonly description?: string
  readonly preemptionPolicy?: string
}

export interface PolicyFields {
  readonly spec?: { readonly podSelector?: LabelSelector }
}

export interface WebhookFields {
  readonly webhooks?: readonly object[]
}

export interface QuotaFields {
  readonly status?: { readonly hard?: Numbered; readonly used?: Numbered }
}

export interface BindingFields {
  readonly roleRef?: { readonly kind?: string; readonly name?: string }
  readonly subjects?: readonly { readonly kind?: string; readonly name?: string; readonly namespace?: string }[]
}

export interface ClassFields {
  readonly spec?: {
    readonly controller?: string
    readonly parameters?: { readonly apiGroup?: string; readonly kind?: string; readonly name?: string }
  }
}

export interface IngressFields {
  readonly spec?: {
    readonly ingressClassName?: string
    readonly rules?: readonly { readonly host?: string }[]
    readonly tls?: readonly object[]
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
  }
}

export interface MetricTarget {
  readonly averageUtilization?: number
  readonly averageValue?: string | number
  readonly value?: string | number
}

export interface AutoscalerFields {
  readonly spec?: {
    readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string }
    readonly minReplicas?: number
    readonly maxReplicas?: number
    readonly metrics?: readonly { readonly resource?: { readonly name?: string; readonly target?: MetricTarget } }[]
  }
  readonly status?: { readonly currentReplicas?: number }
}
