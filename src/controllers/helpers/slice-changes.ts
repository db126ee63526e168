import type { AnyObject } from '../../api/kinds.ts'
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery.ts'
import type { Change } from '../../model/change.ts'
import { MANAGED_BY_LABEL } from '../../model/endpoints.ts'
import { freeName } from '../../model/hash.ts'
import { get, objectKey, type Snapshot } from '../../model/snapshot.ts'
import { deletionOf, updateTo } from './changes.ts'
import { controllerOf, ownerReference } from './owners.ts'
import type { PackedSlice, Packing } from './pack-slices.ts'

/** What all slices of one owner have in common. */
export interface SliceMetadata {
  readonly owner: AnyObject
  /** The Service's name. */
  readonly serviceName: string
  readonly managedBy: string
  /** Beside the two labels that every slice has. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** What slices say that change now. Without it their annotations are those above. */
  readonly changedAt?: number
}

/** By this others measure how long a change takes until it counts. */
const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time'

/** Those of `slices` that `managedBy` made for this very owner, and those that it made for another of the same name. */
export function managedSlices(
  slices: readonly EndpointSlice[],
  managedBy: string,
  owner: AnyObject,
): { readonly own: readonly EndpointSlice[]; readonly foreign: readonly EndpointSlice[] } {
  const managed = slices.filter((slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === managedBy)
  const isOwn = (slice: EndpointSlice): boolean => controllerOf(slice)?.uid === (owner.metadata.uid ?? '')
  return { own: managed.filter(isOwn), foreign: managed.filter((slice) => !isOwn(slice)) }
}

/** The changes that turn the slices there are into the packing. */
export function sliceChanges(snapshot: Snapshot, packing: Packing, common: SliceMetadata): readonly Change[] {
  const taken = new Set<string>()
  const changes = packing.slices.flatMap((packed): readonly Change[] => {
    if (packed.previous !== undefined) {
      return updateTo(packed.previous, buildSlice(packed, common, packed.previous)).map((change) =>
        change.verb === 'update' ? { ...change, object: triggered(change.object, common) } : change,
      )
    }
    const name = newName(snapshot, common, taken)
    taken.add(name)
    return [{ verb: 'create', object: triggered(buildSlice(packed, common, { metadata: { name } }), common) }]
  })
  return [...changes, ...packing.unused.map(deletionOf)]
}

function triggered<T extends AnyObject>(object: T, { changedAt }: SliceMetadata): T {
  if (changedAt === undefined) return object
  const annotations = { ...object.metadata.annotations, [TRIGGER_TIME]: new Date(changedAt).toISOString() }
  return { ...object, metadata: { ...object.metadata, annotations } }
}

function newName(snapshot: Snapshot, { owner, serviceName }: SliceMetadata, taken: ReadonlySet<string>): string {
  const { namespace } = owner.metadata
  return freeName(`${serviceName}-`, `${objectKey(owner)} ${owner.kind}`, (name) => {
    const key = objectKey({ metadata: namespace === undefined ? { name } : { namespace, name } })
    return taken.has(name) || get(snapshot, 'EndpointSlice', key) !== undefined
  })
}

function buildSlice(
  { addressType, ports, endpoints }: PackedSlice,
  { owner, serviceName, managedBy, labels, annotations }: SliceMetadata,
  previous: Pick<EndpointSlice, 'metadata'>,
): EndpointSlice {
  const { namespace } = owner.metadata
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${serviceName}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ...previous.metadata,
      labels: { ...labels, [SERVICE_NAME_LABEL]: serviceName, [MANAGED_BY_LABEL]: managedBy },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    addressType,
    endpoints,
    ...(ports.length === 0 ? {} : { ports }),
  }
}
