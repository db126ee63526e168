import type { DownwardProjection, KeysProjection, KeyToPath, Pod, Volume, VolumeProjection } from '../../api/core.ts'
import { downwardValue } from '../../model/container-env.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'
import type { ProjectedTokens } from './projected-tokens.ts'

/** A file of a volume; its path is relative to it. */
export interface PayloadFile {
  readonly path: string
  readonly data: Uint8Array
  readonly mode: number
}

export interface Payload {
  readonly files: readonly PayloadFile[]
  /** What the volume cannot hold here, a sentence each. */
  readonly notes: readonly string[]
  /** Why the container has to wait. */
  readonly problems: readonly string[]
}

/** What the payload of a volume is made from. */
export interface PayloadSource {
  readonly pod: Pod
  readonly snapshot: Snapshot
  readonly addresses: { readonly podIP: string; readonly podIPs?: readonly string[]; readonly hostIP: string }
  /** Undefined where the Pod's ServiceAccount is not there. */
  readonly tokenFor: ProjectedTokens['tokenFor']
}

const DEFAULT_MODE = 0o644

/** The files of a ConfigMap, Secret, projected or downwardAPI volume; undefined where it is none of these. */
export function volumePayload(volume: Volume, source: PayloadSource): Payload | undefined {
  const { configMap, secret, projected, downwardAPI } = volume
  if (configMap !== undefined) return project({ configMap }, configMap.defaultMode ?? DEFAULT_MODE, source)
  if (secret !== undefined) {
    const { secretName = '', ...rest } = secret
    return project({ secret: { ...rest, name: secretName } }, secret.defaultMode ?? DEFAULT_MODE, source)
  }
  if (downwardAPI !== undefined) return project({ downwardAPI }, downwardAPI.defaultMode ?? DEFAULT_MODE, source)
  if (projected === undefined) return undefined
  const mode = projected.defaultMode ?? DEFAULT_MODE
  const parts = (projected.sources ?? []).map((part) => project(part, mode, source))
  return {
    files: parts.flatMap(({ files }) => files),
    notes: parts.flatMap(({ notes }) => notes),
    problems: parts.flatMap(({ problems }) => problems),
  }
}

function project(part: VolumeProjection, mode: number, source: PayloadSource): Payload {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = part
  if (configMap !== undefined) return fromKeys('ConfigMap', configMap, mode, source)
  if (secret !== undefined) return fromKeys('Secret', secret, mode, source)
  if (downwardAPI !== undefined) return fromFields(downwardAPI.items ?? [], mode, source)
  if (serviceAccountToken !== undefined) return fromToken(serviceAccountToken, mode, source)
  const notes =
    clusterTrustBundle === undefined ? [] : ['it has no cluster trust bundle: there are none in this network']
  return { files: [], notes, problems: [] }
}

function fromToken(
  wanted: NonNullable<VolumeProjection['serviceAccountToken']>,
  mode: number,
  { pod, tokenFor }: PayloadSource,
): Payload {
  const token = tokenFor(wanted)
  if (token !== undefined)
    return { files: [{ path: wanted.path, data: Buffer.from(token), mode }], notes: [], problems: [] }
  const account = pod.spec.serviceAccountName ?? 'default'
  return { files: [], notes: [], problems: [`serviceaccounts ${JSON.stringify(account)} not found`] }
}

function fromKeys(
  kind: 'ConfigMap' | 'Secret',
  { name = '', items, optional = false }: KeysProjection,
  mode: number,
  { pod, snapshot }: PayloadSource,
): Payload {
  const namespace = pod.metadata.namespace ?? 'default'
  const data =
    kind === 'ConfigMap'
      ? configMapData(snapshot, `${namespace}/${name}`)
      : secretData(snapshot, `${namespace}/${name}`)
  const nothing = { files: [], notes: [], problems: [] }
  if (data === undefined) {
    return optional ? nothing : { ...nothing, problems: [`${kind.toLowerCase()} "${name}" not found`] }
  }
  const wanted: readonly KeyToPath[] = items ?? [...data.keys()].map((key) => ({ key, path: key }))
  const absent = wanted.filter(({ key }) => !data.has(key))
  const problems = optional
    ? []
    : absent.map(({ key }) => `references non-existent ${kind === 'ConfigMap' ? 'config' : 'secret'} key: ${key}`)
  const files = wanted.flatMap(({ key, path, mode: own = mode }) => {
    const found = data.get(key)
    return found === undefined ? [] : [{ path, data: found, mode: own }]
  })
  return { files, notes: [], problems }
}

type Data = ReadonlyMap<string, Uint8Array>

const textBytes = (values: Readonly<Record<string, string>> = {}): [string, Uint8Array][] =>
  Object.entries(values).map(([key, value]) => [key, Buffer.from(value)])
const base64Bytes = (values: Readonly<Record<string, string>> = {}): [string, Uint8Array][] =>
  Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'base64')])

function configMapData(snapshot: Snapshot, key: string): Data | undefined {
  const found = get(snapshot, 'ConfigMap', key)
  return found && new Map([...textBytes(found.data), ...base64Bytes(found.binaryData)])
}

function secretData(snapshot: Snapshot, key: string): Data | undefined {
  const found = get(snapshot, 'Secret', key)
  return found && new Map([...base64Bytes(found.data), ...textBytes(found.stringData)])
}

type FieldItem = NonNullable<DownwardProjection['items']>[number]

function fromFields(items: readonly FieldItem[], mode: number, source: PayloadSource): Payload {
  const files: PayloadFile[] = []
  const problems: string[] = []
  for (const item of items) {
    const text = fieldText(item, source)
    if ('value' in text) files.push({ path: item.path, data: Buffer.from(text.value), mode: item.mode ?? mode })
    else problems.push(text.problem)
  }
  return { files, notes: [], problems }
}

/** Labels and annotations as a whole are lines; the rest is as in the environment. */
function fieldText(
  { fieldRef, resourceFieldRef }: FieldItem,
  { pod, snapshot, addresses }: PayloadSource,
): ReturnType<typeof downwardValue> {
  const { labels, annotations } = pod.metadata
  if (fieldRef?.fieldPath === 'metadata.labels') return { value: lines(labels) }
  if (fieldRef?.fieldPath === 'metadata.annotations') return { value: lines(annotations) }
  const [first] = pod.spec.containers
  if (first === undefined) return { problem: 'the Pod has no containers' }
  const item = { ...(fieldRef && { fieldRef }), ...(resourceFieldRef && { resourceFieldRef }) }
  return downwardValue(pod, first, snapshot, addresses, item)
}

function lines(values: Readonly<Record<string, string>> = {}): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted()
    .join('\n')
}
