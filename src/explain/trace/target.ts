/** What a connection is for, once its name and entry are known. */
import type { Service } from '../check/service.ts'
import type { Workload } from '../check/workload.ts'

export type Target =
  | {
      readonly kind: 'service'
      readonly service: Service
      /** The port that the client, or the entry, names; undefined: the only one. */
      readonly port: number | string | undefined
      /** Which number it is: a nodePort is looked up as such. */
      readonly by: 'port' | 'nodePort'
      readonly protocol: string | undefined
      /** One Pod of a headless Service by its own name. */
      readonly only?: string
    }
  | {
      readonly kind: 'pod'
      readonly workload: Workload
      readonly port: number | string
      readonly protocol: string
      /** The client speaks to itself over loopback. */
      readonly loopback?: boolean
    }
  /** Not in what was given. */
  | { readonly kind: 'elsewhere'; readonly host: string; readonly port: number | string; readonly protocol: string }
