import type { AnyObject, Kind } from '../api/kinds.ts'

/** What somebody wants done to the store. A controller returns these; it never writes itself. */
export type Change =
  | { readonly verb: 'create'; readonly object: AnyObject }
  /** Refused where the stored resourceVersion is not the object's. */
  | { readonly verb: 'update'; readonly object: AnyObject }
  /** `key` as objectKey gives it. */
  | {
      readonly verb: 'delete'
      readonly kind: Kind
      readonly key: string
      /** It waits for the end of what it owns. */
      readonly isForeground?: boolean
    }
