/** What a manifest says nothing of, and the network has written: `kubectl apply` would leave it as well. */
import type { AnyObject } from '../api/kinds.ts'

/** `object` with the stored one's finalizers, and with the binding of a claim or a volume. */
export function reapplied(object: AnyObject, stored: AnyObject): AnyObject {
  const { resourceVersion: _, ...metadata } = object.metadata
  const { finalizers, annotations } = stored.metadata
  const held = { ...object, metadata: { ...(finalizers !== undefined && { finalizers }), ...metadata } }
  const withBinding = { ...held.metadata, annotations: { ...annotations, ...metadata.annotations } }
  if (held.kind === 'PersistentVolumeClaim' && stored.kind === 'PersistentVolumeClaim') {
    const { volumeName, storageClassName } = stored.spec ?? {}
    const kept = { ...(volumeName && { volumeName }), ...(storageClassName !== undefined && { storageClassName }) }
    return { ...held, metadata: withBinding, spec: { ...kept, ...held.spec } }
  }
  if (held.kind === 'PersistentVolume' && stored.kind === 'PersistentVolume') {
    const claimRef = { ...stored.spec?.claimRef, ...held.spec?.claimRef }
    const kept = Object.keys(claimRef).length === 0 ? {} : { claimRef }
    return { ...held, metadata: withBinding, spec: { ...held.spec, ...kept } }
  }
  return held
}
