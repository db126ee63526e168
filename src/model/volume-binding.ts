/** Which volume a claim gets, by the rules of Kubernetes' persistentvolume-controller. */
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../api/storage.ts'
import { parseQuantity } from './quantity.ts'
import { matchLabelSelector } from './selectors.ts'
import { get, list, objectKey, type Snapshot } from './snapshot.ts'
import { withDefaultClass } from './storage-classes.ts'
import { podsOfClaim } from './volume-claims.ts'

/** On a claim that once had its volume. */
export const BIND_COMPLETED: string = 'pv.kubernetes.io/bind-completed'
/** On a claim or a volume whose other half was chosen by the controller, not by its writer. */
export const BOUND_BY_CONTROLLER: string = 'pv.kubernetes.io/bound-by-controller'

/** Volumes of such a class are made by hand. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

/** What people are told of a claim. */
export interface ClaimNotice {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export type ClaimVerdict =
  | { readonly bind: PersistentVolume }
  /** A volume is to be made for it, of this class. */
  | { readonly provision: StorageClass }
  /** The same claim, with the default class that there is now. */
  | { readonly assign: PersistentVolumeClaim }
  /** `lost`: it had a volume, and has not any more. */
  | { readonly notice: ClaimNotice | undefined; readonly lost?: true }

export function judgeClaim(snapshot: Snapshot, claim: PersistentVolumeClaim): ClaimVerdict {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return judgeBound(snapshot, claim)
  const { volumeName = '', storageClassName = '' } = claim.spec ?? {}
  if (volumeName !== '') return judgeNamed(get(snapshot, 'PersistentVolume', volumeName), claim)
  const storageClass = get(snapshot, 'StorageClass', storageClassName)
  const waiting =
    storageClass?.volumeBindingMode === 'WaitForFirstConsumer' ? firstConsumer(snapshot, claim) : undefined
  const found = findVolume(snapshot, claim, waiting !== undefined)
  if (found !== undefined) return { bind: found }
  if (waiting !== undefined) return { notice: waiting }
  const assigned = withDefaultClass(claim, snapshot)
  if (assigned !== claim) return { assign: assigned }
  if (storageClassName !== '') return judgeClass(storageClass, storageClassName)
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return { notice: { type: 'Normal', reason: 'FailedBinding', message } }
}

/** Whether the volume's claimRef means this claim: by its name, and by its uid where it has one. */
export function isReservedFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { name, namespace, uid = '' } = spec?.claimRef ?? {}
  return name === metadata.name && namespace === metadata.namespace && (uid === '' || uid === metadata.uid)
}

/** Every provisioner is played here, but the one that stands for none. */
function judgeClass(storageClass: StorageClass | undefined, name: string): ClaimVerdict {
  const failed = (message: string): ClaimVerdict => ({
    notice: { type: 'Warning', reason: 'ProvisioningFailed', message },
  })
  if (storageClass === undefined) return failed(`storageclass.storage.k8s.io ${JSON.stringify(name)} not found`)
  const { provisioner } = storageClass
  if (provisioner === NO_PROVISIONER) return failed(`no volume plugin matched name: ${provisioner}`)
  return { provision: storageClass }
}

/** What a claim waits for whose volume is chosen with a Pod's node; undefined where a Pod with one uses it. */
function firstConsumer(snapshot: Snapshot, claim: PersistentVolumeClaim): ClaimNotice | undefined {
  const pods = podsOfClaim(snapshot, objectKey(claim))
  if (pods.some(({ spec }) => spec.nodeName !== undefined)) return undefined
  const names = pods.map(({ metadata }) => metadata.name)
  if (names.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return { type: 'Normal', reason: 'WaitForFirstConsumer', message }
  }
  const message = `waiting for ${names.length === 1 ? 'pod' : 'pods'} ${names.join(',')} to be scheduled`
  return { type: 'Normal', reason: 'WaitForPodScheduled', message }
}

function judgeBound(snapshot: Snapshot, claim: PersistentVolumeClaim): ClaimVerdict {
  const { volumeName = '' } = claim.spec ?? {}
  if (volumeName === '')
    return lost('ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  const volume = get(snapshot, 'PersistentVolume', volumeName)
  if (volume === undefined)
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  const { claimRef } = volume.spec ?? {}
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return { bind: volume }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

function lost(reason: string, message: string): ClaimVerdict {
  return { notice: { type: 'Warning', reason, message }, lost: true }
}

/** Its writer asks for this volume. One that does not exist is waited for. */
function judgeNamed(volume: PersistentVolume | undefined, claim: PersistentVolumeClaim): ClaimVerdict {
  if (volume === undefined) return { notice: undefined }
  const { name } = volume.metadata
  const warn = (reason: string, message: string): ClaimVerdict => ({ notice: { type: 'Warning', reason, message } })
  if (isReservedFor(volume, claim)) return { bind: volume }
  if (volume.spec?.claimRef !== undefined) {
    return warn('FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`)
  }
  const why = mismatch(volume, claim)
  if (why === undefined) return { bind: volume }
  return warn('VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(name)}: ${why}`)
}

function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  const { name, deletionTimestamp } = volume.metadata
  if (deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(name)}`
  if (capacityOf(volume) < requestOf(claim)) return 'requested PV is too small'
  if (!isOfClass(volume, claim)) return 'storageClassName does not match'
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode'
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode'
}

/** `isReservedOnly`: no other one yet. One that is reserved for the claim, or else the smallest that fits; of those that allow as little more as possible. */
function findVolume(
  snapshot: Snapshot,
  claim: PersistentVolumeClaim,
  isReservedOnly: boolean,
): PersistentVolume | undefined {
  const fitting = list(snapshot, 'PersistentVolume').filter(
    (volume) =>
      volume.metadata.deletionTimestamp === undefined &&
      capacityOf(volume) >= requestOf(claim) &&
      modeOf(volume) === modeOf(claim) &&
      hasAccessModes(volume, claim),
  )
  const reserved = fitting.find((volume) => isReservedFor(volume, claim))
  if (reserved !== undefined || isReservedOnly) return reserved
  const { selector } = claim.spec ?? {}
  const [best] = fitting
    .filter(
      (volume) =>
        volume.spec?.claimRef === undefined &&
        isOfClass(volume, claim) &&
        (selector === undefined || matchLabelSelector(selector, volume.metadata.labels)),
    )
    .sort((a, b) => accessModesOf(a).length - accessModesOf(b).length || capacityOf(a) - capacityOf(b))
  return best
}

type Either = PersistentVolume | PersistentVolumeClaim

const accessModesOf = ({ spec }: Either): readonly string[] => spec?.accessModes ?? []
const modeOf = ({ spec }: Either): string => spec?.volumeMode ?? 'Filesystem'
const quantity = (text: string | number = 0): number => parseQuantity(String(text)) ?? 0
const capacityOf = ({ spec }: PersistentVolume): number => quantity(spec?.capacity?.['storage'])
const requestOf = ({ spec }: PersistentVolumeClaim): number => quantity(spec?.resources?.requests?.['storage'])

function isOfClass(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (volume.spec?.storageClassName ?? '') === (claim.spec?.storageClassName ?? '')
}

function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const there = accessModesOf(volume)
  return accessModesOf(claim).every((mode) => there.includes(mode))
}
