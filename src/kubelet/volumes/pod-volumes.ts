import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pod, Volume } from '../../api/core.ts'
import { mountMemory, unmountMemory } from '../../host/mounts.ts'
import { parseQuantity } from '../../model/quantity.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { writeAtomically } from './atomic-writer.ts'
import { claimsFolder } from './claim-folders.ts'
import { claimSource } from './claim-source.ts'
import { volumePayload, type PayloadFile, type PayloadSource } from './payload.ts'

/** A volume that can be mounted. */
export interface PreparedVolume {
  readonly path: string
  readonly readOnly: boolean
}

/** The volumes of one Pod, in a folder of their own. */
export interface PodVolumes {
  /** Makes what is not there yet, and brings what is made of objects up to date. */
  prepare(source: PayloadSource): PreparedVolumes
  /** An empty folder for one run of a container. */
  stage(container: string): string
  remove(): void
}

export interface PreparedVolumes {
  readonly volumes: ReadonlyMap<string, PreparedVolume>
  /** Volumes of a kind that is not there. */
  readonly absent: ReadonlySet<string>
  /** What is not as it would be on a real node, by volume. */
  readonly notes: ReadonlyMap<string, readonly string[]>
  /** Why containers that mount volumes have to wait. */
  readonly problems: readonly string[]
}

/** What became of one volume. */
type Made =
  | (PreparedVolume & { readonly notes?: readonly string[] })
  | { readonly problem: string }
  | { readonly absent: string }

export interface VolumeFolders {
  /** Of all Pods; removed with the network. */
  readonly directory: string
  /** Of claims, where it outlives the network. */
  readonly claims: string | undefined
  /** Names the states of a volume, a new name each time. */
  version(): string
}

export function createPodVolumes(pod: Pod, { directory, claims, version }: VolumeFolders): PodVolumes {
  const folder = join(directory, pod.metadata.uid ?? `${pod.metadata.namespace}-${pod.metadata.name}`)
  const place = (name: string): string => join(folder, 'volumes', name)
  const inMemory = new Set<string>()
  /** Contents of what is made once are the containers' own. */
  const made = new Map<string, Made>()
  const written = new Map<string, readonly PayloadFile[]>()

  function prepareOne(volume: Volume, source: PayloadSource): Made {
    const { name } = volume
    const payload = volumePayload(volume, source)
    if (payload === undefined) {
      const known =
        made.get(name) ?? makeOnce(volume, place(name), claimsOf(pod, directory, claims, source.snapshot), inMemory)
      if ('path' in known) made.set(name, known)
      return known
    }
    const [problem] = payload.problems
    if (problem !== undefined) return { problem }
    if (!isSame(written.get(name), payload.files)) {
      writeAtomically(place(name), payload.files, version())
      written.set(name, payload.files)
    }
    return { path: place(name), readOnly: true, notes: payload.notes }
  }

  return {
    prepare: (source) =>
      gather((pod.spec.volumes ?? []).map((volume) => ({ name: volume.name, ...prepareOne(volume, source) }))),
    stage(container) {
      const path = join(folder, 'stages', container)
      mkdirSync(path, { recursive: true })
      return path
    },
    remove() {
      for (const path of inMemory) unmountMemory(path)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function gather(results: readonly (Made & { readonly name: string })[]): PreparedVolumes {
  return {
    volumes: new Map(results.flatMap((one) => ('path' in one ? [[one.name, one] as const] : []))),
    absent: new Set(results.flatMap((one) => ('absent' in one ? one.name : []))),
    notes: new Map(
      results.map((one) => [one.name, 'absent' in one ? [one.absent] : 'path' in one ? (one.notes ?? []) : []]),
    ),
    problems: results.flatMap((one) =>
      'problem' in one ? [`MountVolume.SetUp failed for volume "${one.name}" : ${one.problem}`] : [],
    ),
  }
}

interface Claims {
  readonly namespace: string
  readonly snapshot: Snapshot
  /** Of all volumes. */
  readonly folder: string
  readonly isKept: boolean
}

function claimsOf({ metadata }: Pod, directory: string, kept: string | undefined, snapshot: Snapshot): Claims {
  const folder = claimsFolder(directory, kept)
  return { namespace: metadata.namespace ?? 'default', snapshot, folder, isKept: kept !== undefined }
}

function makeOnce(volume: Volume, path: string, claims: Claims, inMemory: Set<string>): Made {
  const { emptyDir, persistentVolumeClaim: claim } = volume
  if (emptyDir !== undefined) {
    openFolder(path)
    if (emptyDir.medium === 'Memory') {
      mountMemory(path, emptyDir.sizeLimit === undefined ? undefined : parseQuantity(String(emptyDir.sizeLimit)))
      inMemory.add(path)
    }
    return { path, readOnly: false }
  }
  if (volume.hostPath !== undefined) return hostPath(volume.hostPath, path)
  if (claim !== undefined) return claimed(claim, claims)
  const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'a volume without a source'
  return { absent: notThere(kind) }
}

const notThere = (kind: string): string => `${kind} volumes are not there in this network: nothing is mounted`

/** One folder for all Pods that use a claim. */
function claimed(
  { claimName, readOnly = false }: NonNullable<Volume['persistentVolumeClaim']>,
  { namespace, snapshot, folder, isKept }: Claims,
): Made {
  const source = claimSource(snapshot, `${namespace}/${claimName}`)
  if ('problem' in source) return source
  if ('absent' in source) return { absent: `persistentVolumeClaim ${claimName}: ${notThere(source.absent)}` }
  const own = join(folder, source.folder)
  const end = isKept ? own : 'a folder of this network, and ends with it'
  if (source.hostPath !== undefined) {
    const made = hostPath(source.hostPath, own)
    if (!('notes' in made)) return 'path' in made ? { ...made, readOnly } : made
    return {
      ...made,
      readOnly,
      notes: [`persistentVolumeClaim ${claimName}: ${source.hostPath.path} does not exist: it is ${end}`],
    }
  }
  openFolder(own)
  return { path: own, readOnly, notes: [`persistentVolumeClaim ${claimName} is ${end}`] }
}

/** For whatever user the program runs as. */
function openFolder(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o777)
}

function isSame(before: readonly PayloadFile[] | undefined, files: readonly PayloadFile[]): boolean {
  if (before?.length !== files.length) return false
  return files.every(({ path, mode, data }, i) => {
    const old = before[i]
    return old?.path === path && old.mode === mode && Buffer.compare(old.data, data) === 0
  })
}

const TYPES: Readonly<Record<string, (path: string) => boolean>> = {
  Directory: (path) => statSync(path).isDirectory(),
  DirectoryOrCreate: (path) => statSync(path).isDirectory(),
  File: (path) => statSync(path).isFile(),
  FileOrCreate: (path) => statSync(path).isFile(),
  Socket: (path) => statSync(path).isSocket(),
  CharDevice: (path) => statSync(path).isCharacterDevice(),
  BlockDevice: (path) => statSync(path).isBlockDevice(),
}

/** What the host has is shown; what it has not is not made there. */
function hostPath({ path, type = '' }: NonNullable<Volume['hostPath']>, instead: string): Made {
  const exists = statSync(path, { throwIfNoEntry: false }) !== undefined
  const isRight = TYPES[type]
  if (exists && (isRight === undefined || isRight(path))) return { path, readOnly: false }
  if (exists || (type !== '' && !type.endsWith('OrCreate'))) {
    return { problem: `hostPath type check failed: ${path} is not a ${type === '' ? 'folder or file' : type}` }
  }
  if (type === 'FileOrCreate') {
    mkdirSync(join(instead, '..'), { recursive: true })
    writeFileSync(instead, '', { flag: 'a' })
  } else openFolder(instead)
  return {
    path: instead,
    readOnly: false,
    notes: [`hostPath ${path} does not exist: something empty of the Pod's own stands for it`],
  }
}
