import { KINDS, type AnyObject, type Kind, type Kinds } from '../api/kinds.ts'
import { OrderedMap } from '../lib/ordered-map.ts'

/** Everything that is, at one moment: immutable, so that whoever holds it sees one truth. */
export interface Snapshot {
  readonly resourceVersion: number
  /** By `objectKey`, in order of namespace and name. */
  readonly objects: { readonly [K in Kind]: OrderedMap<Kinds[K]> }
}

/** `namespace/name`; `name` alone where the kind has no namespace. */
export function objectKey(object: {
  readonly metadata: { readonly namespace?: string; readonly name: string }
}): string {
  const { namespace, name } = object.metadata
  return namespace === undefined ? name : `${namespace}/${name}`
}

export function emptySnapshot(): Snapshot {
  const objects = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, OrderedMap.empty()]))
  return { resourceVersion: 0, objects: objects as unknown as Snapshot['objects'] }
}

/** A snapshot of loose objects, as tests and `check` need it: later ones win, nothing is defaulted. */
export function snapshotOf(objects: Iterable<AnyObject>): Snapshot {
  const byKind = new Map<string, AnyObject[]>()
  for (const object of objects) {
    const found = byKind.get(object.kind)
    if (found === undefined) byKind.set(object.kind, [object])
    else found.push(object)
  }
  const maps: Record<string, OrderedMap<AnyObject>> = { ...emptySnapshot().objects }
  for (const [kind, found] of byKind) maps[kind] = OrderedMap.by(found, objectKey)
  return { resourceVersion: 1, objects: maps as unknown as Snapshot['objects'] }
}

export function* allObjects(snapshot: Snapshot): Generator<AnyObject> {
  for (const objects of Object.values(snapshot.objects)) yield* objects.values()
}

export function get<K extends Kind>(snapshot: Snapshot, kind: K, key: string): Kinds[K] | undefined {
  return snapshot.objects[kind].get(key)
}

export function list<K extends Kind>(snapshot: Snapshot, kind: K): readonly Kinds[K][] {
  return [...snapshot.objects[kind].values()] as readonly Kinds[K][]
}

export function listIn<K extends Kind>(snapshot: Snapshot, kind: K, namespace: string): readonly Kinds[K][] {
  return [...snapshot.objects[kind].withPrefix(`${namespace}/`)].map(([, object]) => object)
}
