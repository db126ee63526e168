/** What has been heard of a cluster: a Snapshot that grows by lists and events. */
import type { AnyObject, Kind } from '../api/kinds.ts'
import { OrderedMap } from '../lib/ordered-map.ts'
import { cleanCIDR } from '../model/clean-address.ts'
import { emptySnapshot, objectKey, type Snapshot } from '../model/snapshot.ts'
import { fieldOf } from './list.ts'
import { nameOf, readObject } from './read-object.ts'
import type { RemoteKind } from './source.ts'
import type { RemoteEvent } from './watch.ts'

/** What is known of a cluster, at one moment. */
export interface ClusterView {
  readonly snapshot: Snapshot
  /** The ranges of Services that the cluster declares. */
  readonly serviceCIDRs: readonly string[]
}

export interface ClusterState {
  readonly view: ClusterView
  replace(kind: RemoteKind, values: readonly unknown[]): void
  apply(kind: RemoteKind, events: readonly RemoteEvent[]): void
  /** resourceVersions by name; none of ServiceCIDRs. */
  versions(kind: RemoteKind): ReadonlyMap<string, string>
}

/**
 * `onBad`: an object is set aside; what was known of it before stays. `parts`: whether objects are kept as a whole, or
 * what the service proxy and DNS use of them.
 */
export function createClusterState(onBad: (message: string) => void, parts: 'whole' | 'used'): ClusterState {
  let view: ClusterView = { snapshot: emptySnapshot(), serviceCIDRs: [] }
  let ranges: ReadonlyMap<string, readonly string[]> = new Map()

  function read(kind: Kind, value: unknown, known: OrderedMap<AnyObject>): AnyObject | undefined {
    const before = known.get(nameOf(value))
    // A list that is asked for anew has most objects as they were.
    if (before !== undefined && before.metadata.resourceVersion === versionOf(value)) return before
    const result = readObject(kind, value, parts)
    if ('object' in result) return result.object
    onBad(`${kind} ${nameOf(value)} is set aside: ${result.problem}`)
    return before
  }

  function setObjects(kind: Kind, objects: OrderedMap<AnyObject>): void {
    const { snapshot } = view
    if (snapshot.objects[kind] === objects) return
    const resourceVersion = snapshot.resourceVersion + 1
    view = { ...view, snapshot: { resourceVersion, objects: { ...snapshot.objects, [kind]: objects } } }
  }

  function setRanges(next: ReadonlyMap<string, readonly string[]>): void {
    ranges = next
    const serviceCIDRs = [...new Set([...ranges.values()].flat())].toSorted()
    if (serviceCIDRs.join() !== view.serviceCIDRs.join()) view = { ...view, serviceCIDRs }
  }

  return {
    get view() {
      return view
    },
    replace(kind, values) {
      if (kind === 'ServiceCIDR') return setRanges(new Map(values.map((value) => [nameOf(value), rangesOf(value)])))
      const known: OrderedMap<AnyObject> = view.snapshot.objects[kind]
      const objects = values.flatMap((value) => read(kind, value, known) ?? [])
      const next = OrderedMap.by(objects, objectKey)
      setObjects(kind, known.changes(next).length === 0 ? known : next)
    },
    apply(kind, events) {
      if (kind === 'ServiceCIDR') return setRanges(applyRanges(ranges, events))
      let objects: OrderedMap<AnyObject> = view.snapshot.objects[kind]
      for (const { type, object } of events) {
        const value = type === 'DELETED' ? undefined : read(kind, object, objects)
        if (value !== undefined) objects = objects.set(objectKey(value), value)
        else if (type === 'DELETED') objects = objects.delete(nameOf(object))
      }
      setObjects(kind, objects)
    },
    versions(kind) {
      if (kind === 'ServiceCIDR') return new Map()
      const objects: OrderedMap<AnyObject> = view.snapshot.objects[kind]
      return new Map([...objects].map(([key, { metadata }]) => [key, metadata.resourceVersion ?? '']))
    },
  }
}

function versionOf(value: unknown): unknown {
  return fieldOf(fieldOf(value, 'metadata'), 'resourceVersion') ?? ''
}

function rangesOf(value: unknown): readonly string[] {
  const cidrs = fieldOf(fieldOf(value, 'spec'), 'cidrs')
  return Array.isArray(cidrs)
    ? cidrs.flatMap((text) => (typeof text === 'string' ? (cleanCIDR(text)?.text ?? []) : []))
    : []
}

function applyRanges(
  ranges: ReadonlyMap<string, readonly string[]>,
  events: readonly RemoteEvent[],
): ReadonlyMap<string, readonly string[]> {
  const next = new Map(ranges)
  for (const { type, object } of events) {
    if (type === 'DELETED') next.delete(nameOf(object))
    else next.set(nameOf(object), rangesOf(object))
  }
  return next
}
