import { mkdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Container } from '../../api/core.ts'
import type { Mount } from '../../host/mounts.ts'
import { expandVariables } from '../../model/expand.ts'
import type { PreparedVolume, PreparedVolumes } from './pod-volumes.ts'

/** What a container mounts, or a sentence that says what cannot be. */
export function containerMounts(
  { volumeMounts = [] }: Container,
  { volumes, absent }: PreparedVolumes,
  env: Readonly<Record<string, string>>,
): readonly Mount[] | string {
  const mounts: Mount[] = []
  for (const { name, mountPath, readOnly = false, subPath = '', subPathExpr = '' } of volumeMounts) {
    if (absent.has(name)) continue
    const volume = volumes.get(name)
    if (volume === undefined) return `the Pod has no volume ${JSON.stringify(name)}`
    const below = subPathExpr === '' ? subPath : expandVariables(subPathExpr, (key) => env[key])
    const source = sourceOf(volume, below)
    if (source === undefined) return `subPath ${JSON.stringify(below)} of volume ${JSON.stringify(name)} leads nowhere`
    mounts.push({ source, target: join('/', mountPath), readOnly: readOnly || volume.readOnly })
  }
  return mounts
}

/** A folder below a volume that can be written is made where it is missing. */
function sourceOf({ path, readOnly }: PreparedVolume, subPath: string): string | undefined {
  if (subPath === '') return path
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) return undefined
  const wanted = join(path, subPath)
  if (statSync(wanted, { throwIfNoEntry: false }) === undefined) {
    if (readOnly) return undefined
    mkdirSync(wanted, { recursive: true })
  }
  const real = realpathSync(wanted)
  const root = realpathSync(path)
  return real === root || real.startsWith(`${root}/`) ? real : undefined
}
