import type { PersistentVolumeClaim, StorageClass } from '../api/storage.ts'
import { list, type Snapshot } from './snapshot.ts'

const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

/** Of several that are annotated so the newest, and of one second the first by name. */
export function defaultStorageClass(snapshot: Snapshot): StorageClass | undefined {
  const [newest] = list(snapshot, 'StorageClass')
    .filter(({ metadata: { annotations } }) => IS_DEFAULT.some((name) => annotations?.[name] === 'true'))
    .sort((a, b) => createdAt(b) - createdAt(a))
  return newest
}

const createdAt = ({ metadata }: StorageClass): number => Date.parse(metadata.creationTimestamp ?? '1970-01-01')

/** A claim that names no class gets the default one; an empty name is a name. */
export function withDefaultClass(claim: PersistentVolumeClaim, snapshot: Snapshot): PersistentVolumeClaim {
  if (claim.spec?.storageClassName !== undefined) return claim
  const storageClass = defaultStorageClass(snapshot)
  if (storageClass === undefined) return claim
  return { ...claim, spec: { ...claim.spec, storageClassName: storageClass.metadata.name } }
}
