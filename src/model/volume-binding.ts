/** Which volume a claim gets, by the rules of Kubernetes' persistentvolume-controller. */
import type { PersistentVolume, PersistentVolumeClaim } from '../api/storage.ts'
import { parseQuantity } from './quantity.ts'
import { matchLabelSelector } from './selectors.ts'
import { get, list, type Snapshot } from './snapshot.ts'

/** On a claim that once had its volume. */
export const BIND_COMPLETED: string = 'pv.kubernetes.io/bind-completed'
/** On a claim or a volume whose other half was chosen by the controller, not by its writer. */
export const BOUND_BY_CONTROLLER: string = 'pv.kubernetes.io/bound-by-controller'

/** What people are told of a claim. */
export interface ClaimNotice {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export type ClaimVerdict =
  | { readonly bind: PersistentVolume }
  /** A volume is to be made for it, of this class. */
  | { readonly provision: string }
  /** `lost`: it had a volume, and has not any more. */
  | { readonly notice: ClaimNotice | undefined; readonly lost?: true }

export function judgeClaim(snapshot: Snapshot, claim: PersistentVolumeClaim): ClaimVerdict {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return judgeBound(snapshot, claim)
  const { volumeName = '', storageClassName = '' } = claim.spec ?? {}
  if (volumeName !== '') return judgeNamed(get(snapshot, 'PersistentVolume', volumeName), claim)
  const found = findVolume(snapshot, claim)
  if (found !== undefined) return { bind: found }
  if (storageClassName !== '') return { provision: storageClassName }
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return { notice: { type: 'Normal', reason: 'FailedBinding', message } }
}

/** Whether the volume's claimRef means this claim: by its name, and by its uid where it has one. */
export function isReservedFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { name, namespace, uid = '' } = spec?.claimRef ?? {}
  return name === metadata.name && namespace === metadata.namespace && (uid === '' || uid === metadata.uid)
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

/** One that is reserved for the claim, or else the smallest that fits; of those that allow as little more as possible. */
function findVolume(snapshot: Snapshot, claim: PersistentVolumeClaim): PersistentVolume | undefined {
  const fitting = list(snapshot, 'PersistentVolume').filter(
    (volume) =>
      volume.metadata.deletionTimestamp === undefined &&
      capacityOf(volume) >= requestOf(claim) &&
      modeOf(volume) === modeOf(claim) &&
      hasAccessModes(volume, claim),
  )
  const reserved = fitting.find((volume) => isReservedFor(volume, claim))
  if (reserved !== undefined) return reserved
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
