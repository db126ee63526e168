/** Which objects a controller manages: its own that fit its selector still, and those without a manager that fit it. */
import type { ReplicaSet } from '../../api/apps.ts'
import type { Pod } from '../../api/core.ts'
import type { AnyObject } from '../../api/kinds.ts'
import type { LabelSelector } from '../../api/meta.ts'
import type { Change } from '../../model/change.ts'
import { isPodFinished } from '../../model/endpoints.ts'
import { indexBy, type Index } from '../../model/incremental.ts'
import { matchLabelSelector } from '../../model/selectors.ts'
import { objectKey, type Snapshot } from '../../model/snapshot.ts'
import { controllerOf, dependentsOf, ownerKeys, ownerReference } from './owners.ts'

type Selecting = AnyObject & { readonly spec: { readonly selector: LabelSelector } }

/**
 * The changes that make the owner manage what it selects: who lost the labels is let go, who has them and no manager is
 * taken if it is `wanted`. Empty where that is so already.
 */
export function claimPods(
  snapshot: Snapshot,
  owner: Selecting,
  wanted: (pod: Pod) => boolean = () => true,
): readonly Change[] {
  return claim(snapshot, owner, 'Pod', (pod) => pod.kind === 'Pod' && !isPodFinished(pod) && wanted(pod))
}

export function claimReplicaSets(snapshot: Snapshot, owner: Selecting): readonly Change[] {
  return claim(snapshot, owner, 'ReplicaSet', () => true)
}

function claim(
  snapshot: Snapshot,
  owner: Selecting,
  kind: 'Pod' | 'ReplicaSet',
  isWanted: (object: AnyObject) => boolean,
): readonly Change[] {
  const { selector } = owner.spec
  const fits = ({ metadata }: AnyObject): boolean => matchLabelSelector(selector, metadata.labels)
  const isGoing = ({ metadata }: AnyObject): boolean => metadata.deletionTimestamp !== undefined
  const own = dependentsOf(snapshot, owner).filter((object) => object.kind === kind)
  const free = unmanaged.find(snapshot, `${kind} ${owner.metadata.namespace ?? ''}`)
  return [
    ...own.filter((object) => !fits(object) && !isGoing(object)).map((object) => letGo(object, owner)),
    ...free
      .filter((object) => fits(object) && !isGoing(object) && isWanted(object))
      .map((object) => take(object, owner)),
  ]
}

const unmanaged: Index<Pod | ReplicaSet> = indexBy(['Pod', 'ReplicaSet'], (object) =>
  controllerOf(object) === undefined ? [`${object.kind} ${object.metadata.namespace ?? ''}`] : [],
)

function take(object: AnyObject, owner: AnyObject): Change {
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
  const ownerReferences = [...others, ownerReference(owner)]
  return { verb: 'update', object: { ...object, metadata: { ...object.metadata, ownerReferences } } as AnyObject }
}

function letGo(object: AnyObject, owner: AnyObject): Change {
  const { ownerReferences = [], ...metadata } = object.metadata
  const left = ownerReferences.filter(({ uid }) => uid !== owner.metadata.uid)
  const free = { ...object, metadata: { ...metadata, ...(left.length > 0 && { ownerReferences: left }) } }
  return { verb: 'update', object: free as AnyObject }
}

type Selector = 'Deployment' | 'ReplicaSet' | 'StatefulSet' | 'DaemonSet'

/** By the first label that they ask for: who could take an object is found without asking everybody. */
const selecting: Index<AnyObject> = indexBy(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'], (object) => [
  bucketOf(object.kind, object.metadata.namespace, Object.entries(object.spec.selector?.matchLabels ?? {})[0]),
])

/** Those of `kind` that might take the object, which nobody manages. A selector of expressions alone is always asked. */
function possibleOwners(snapshot: Snapshot, kind: Selector, { metadata }: AnyObject): readonly AnyObject[] {
  const { namespace, labels = {} } = metadata
  return [undefined, ...Object.entries(labels)].flatMap((label) =>
    selecting.find(snapshot, bucketOf(kind, namespace, label)),
  )
}

function bucketOf(kind: string, namespace = '', label: readonly [string, string] | undefined): string {
  return `${kind} ${namespace} ${label === undefined ? '' : label.join('=')}`
}

/** The key of the object's manager, or of those that might take it. */
export function managerKeys(snapshot: Snapshot, object: AnyObject, kind: Selector): readonly string[] {
  return controllerOf(object) === undefined
    ? possibleOwners(snapshot, kind, object).map(objectKey)
    : ownerKeys(object, kind)
}
