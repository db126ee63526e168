/** The claims of a StatefulSet's Pods: `data-web-0` of the template `data` and the Pod `web-0`. */
import type { StatefulSet } from '../../api/apps.ts'
import type { PersistentVolumeClaimTemplate, Pod } from '../../api/core.ts'
import type { PersistentVolumeClaim } from '../../api/storage.ts'
import type { Change } from '../../model/change.ts'
import { get, type Snapshot } from '../../model/snapshot.ts'
import { deletionOf } from './changes.ts'

/**
 * Claims that are missing for Pods that are there. They stay when a Pod goes, so that it finds its data again, unless the
 * retention policy says Delete: then the set owns them (whenDeleted), or they go with their Pod (whenScaled).
 */
export function statefulClaims(
  snapshot: Snapshot,
  set: StatefulSet,
  pods: readonly Pod[],
  isWanted: (pod: Pod) => boolean,
): readonly Change[] {
  const { volumeClaimTemplates: templates = [], persistentVolumeClaimRetentionPolicy: policy } = set.spec
  const { namespace = '' } = set.metadata
  return pods.flatMap((pod) =>
    templates.flatMap((template): readonly Change[] => {
      const name = `${template.metadata.name}-${pod.metadata.name}`
      const stored = get(snapshot, 'PersistentVolumeClaim', `${namespace}/${name}`)
      if (policy?.whenScaled === 'Delete' && !isWanted(pod)) return stored === undefined ? [] : [deletionOf(stored)]
      return stored === undefined ? [{ verb: 'create', object: claimOf(set, template, name) }] : []
    }),
  )
}

function claimOf(
  { apiVersion, kind, metadata, spec }: StatefulSet,
  template: PersistentVolumeClaimTemplate,
  name: string,
): PersistentVolumeClaim {
  const { name: setName, namespace = '', uid = '' } = metadata
  const isOwned = spec.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete'
  const owner = { apiVersion, kind, name: setName, uid, controller: true, blockOwnerDeletion: true }
  const { accessModes, selector, storageClassName, volumeMode, resources } = template.spec ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace,
      labels: { ...template.metadata.labels, ...spec.selector.matchLabels },
      ...(isOwned ? { ownerReferences: [owner] } : {}),
    },
    spec: {
      ...(accessModes === undefined ? {} : { accessModes }),
      ...(selector === undefined ? {} : { selector }),
      ...(storageClassName === undefined ? {} : { storageClassName }),
      ...(volumeMode === undefined ? {} : { volumeMode }),
      ...(resources?.requests === undefined ? {} : { resources: { requests: resources.requests } }),
    },
  }
}
