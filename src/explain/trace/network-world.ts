/** The world of a running network: its objects as they are now, with their places in the manifests they came from. */
import { locate, type ManifestObject, type Origin } from '../../manifest/manifest.ts'
import { isJsonObject, type JsonValue } from '../../manifest/node.ts'
import { sourceText } from '../../manifest/source.ts'
import { DEFAULT_CONFIG } from '../check/config.ts'
import { createContext } from '../check/context.ts'
import { listAt, textAt } from '../check/json.ts'
import type { World } from './world.ts'

export interface NetworkObjects {
  /** As the API holds them. */
  readonly objects: readonly JsonValue[]
  readonly clusterDomain: string
  /** Of names that are given without one. */
  readonly namespace: string
  /** What the network was started with, as far as it can still be read: for places only. */
  readonly manifests: readonly ManifestObject[]
  /** `network` where absent. */
  readonly mode?: 'network' | 'cluster'
  /** Whether some objects could not be asked for. */
  readonly unread?: boolean
}

/** An object of the API stands in no file. */
const NOWHERE: Origin = {
  source: sourceText('', ''),
  piece: { start: 0, end: 0 },
  document: 0,
  path: [],
}

export function networkWorldOf(given: NetworkObjects): World {
  const { objects, clusterDomain, namespace, manifests, mode = 'network', unread = false } = given
  const all = objects.flatMap((value) => apiObject(value) ?? [])
  const written = new Map(manifests.map((object) => [identity(object, object.namespace ?? 'default'), object]))
  const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  const context = createContext(
    [...all.filter(isKept), ...policies],
    { ...DEFAULT_CONFIG, namespace: 'default', clusterDomain },
    unread,
  )
  return {
    mode,
    context,
    namespace,
    clusterDomain,
    unread,
    locate(object, path) {
      if (object.origin !== NOWHERE) return locate(object, path)
      for (const candidate of [object, ...ownersOf(object, all)]) {
        const source = written.get(identity(candidate, candidate.namespace ?? 'default'))
        if (source === undefined) continue
        const full = candidate === object ? path : templatePath(path)
        return full === undefined ? null : locate(source, full)
      }
      return null
    },
  }
}

const MAKERS: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])

/** What makes Pods is left out where the Pods themselves are there. */
function isKept({ kind }: ManifestObject): boolean {
  return !MAKERS.has(kind)
}

function identity({ kind, name }: ManifestObject, namespace: string): string {
  return `${kind} ${namespace}/${name}`
}

function apiObject(value: JsonValue): ManifestObject | undefined {
  const [apiVersion, kind] = [textAt(value, 'apiVersion'), textAt(value, 'kind')]
  const name = textAt(value, 'metadata', 'name')
  const namespace = textAt(value, 'metadata', 'namespace')
  if (!isJsonObject(value) || apiVersion === undefined || kind === undefined || name === undefined) return undefined
  return { value, apiVersion, kind, name, known: true, origin: NOWHERE, ...(namespace !== undefined && { namespace }) }
}

/** A Pod's ReplicaSet, and that one's Deployment. */
function ownersOf(object: ManifestObject, all: readonly ManifestObject[]): readonly ManifestObject[] {
  const owners = listAt(object.value, 'metadata', 'ownerReferences').flatMap((reference) => {
    const owner = all.find(
      ({ kind, name, namespace }) =>
        kind === textAt(reference, 'kind') && name === textAt(reference, 'name') && namespace === object.namespace,
    )
    return owner === undefined ? [] : [owner]
  })
  return owners.flatMap((owner) => [owner, ...ownersOf(owner, all)])
}

/** Of a path in a Pod, the path in what makes it. */
function templatePath(path: readonly (string | number)[]): readonly (string | number)[] | undefined {
  if (path[0] === 'status') return undefined
  if (path[0] === 'metadata' && path[1] === 'name') return path
  return ['spec', 'template', ...path]
}

/** The Pods that a workload has made, directly or through a ReplicaSet. */
export function podsMadeBy(
  objects: readonly JsonValue[],
  kind: string,
  namespace: string,
  name: string,
): readonly string[] {
  const all = objects.flatMap((value) => apiObject(value) ?? [])
  return all
    .filter((object) => object.kind === 'Pod' && object.namespace === namespace)
    .filter((pod) => ownersOf(pod, all).some((owner) => owner.kind === kind && owner.name === name))
    .flatMap((pod) => pod.name ?? [])
}
