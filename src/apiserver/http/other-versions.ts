/** Kinds that are served in a second version, which is made of the stored one, and read into it. */
import { autoscalerFromV1, autoscalerToV1 } from '../../api/autoscaling-v1.ts'
import type { AnyObject, Kind } from '../../api/kinds.ts'

export interface OtherVersion {
  readonly kind: Kind
  readonly apiVersion: string
  /** Its name in the field table, and among the messages of protobuf. */
  readonly type: string
  /** Of the stored object. */
  show(object: AnyObject): Readonly<Record<string, unknown>>
  /** The object as it is stored; the types of its fields are right. */
  read(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
}

export const OTHER_VERSIONS: readonly OtherVersion[] = [
  {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    type: 'V1HorizontalPodAutoscaler',
    show: (object) => autoscalerToV1({ ...object }),
    read: autoscalerFromV1,
  },
]
