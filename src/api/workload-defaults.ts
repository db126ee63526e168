import type {
  DaemonSet,
  DaemonSetUpdateStrategy,
  Deployment,
  DeploymentStrategy,
  ReplicaSet,
  StatefulSet,
  StatefulSetUpdateStrategy,
} from './apps.ts'
import type { PersistentVolumeClaimTemplate } from './core.ts'
import { setDefaultsPodTemplate } from './pod-defaults.ts'

export function setDefaultsDeployment(deployment: Deployment): Deployment {
  const { spec } = deployment
  return {
    ...deployment,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template: setDefaultsPodTemplate(spec.template),
      strategy: setDefaultsStrategy(spec.strategy ?? {}),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
    },
  }
}

function setDefaultsStrategy(strategy: DeploymentStrategy): DeploymentStrategy {
  const type = strategy.type ?? 'RollingUpdate'
  if (type !== 'RollingUpdate') return { ...strategy, type }
  return { ...strategy, type, rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%', ...strategy.rollingUpdate } }
}

export function setDefaultsReplicaSet(replicaSet: ReplicaSet): ReplicaSet {
  const { spec } = replicaSet
  return {
    ...replicaSet,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      ...(spec.template === undefined ? {} : { template: setDefaultsPodTemplate(spec.template) }),
    },
  }
}

export function setDefaultsStatefulSet(statefulSet: StatefulSet): StatefulSet {
  const { spec } = statefulSet
  const { volumeClaimTemplates: claims } = spec
  return {
    ...statefulSet,
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      template: setDefaultsPodTemplate(spec.template),
      serviceName: spec.serviceName ?? '',
      podManagementPolicy: spec.podManagementPolicy ?? 'OrderedReady',
      updateStrategy: setDefaultsUpdateStrategy(spec.updateStrategy ?? {}),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      persistentVolumeClaimRetentionPolicy: {
        whenDeleted: 'Retain',
        whenScaled: 'Retain',
        ...spec.persistentVolumeClaimRetentionPolicy,
      },
      ...(claims === undefined ? {} : { volumeClaimTemplates: claims.map(setDefaultsClaim) }),
    },
  }
}

function setDefaultsUpdateStrategy(strategy: StatefulSetUpdateStrategy): StatefulSetUpdateStrategy {
  const type = strategy.type ?? 'RollingUpdate'
  if (type !== 'RollingUpdate') return { ...strategy, type }
  return { ...strategy, type, rollingUpdate: { partition: 0, ...strategy.rollingUpdate } }
}

function setDefaultsClaim(claim: PersistentVolumeClaimTemplate): PersistentVolumeClaimTemplate {
  return {
    ...claim,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    spec: { ...claim.spec, volumeMode: claim.spec?.volumeMode ?? 'Filesystem' },
    status: { phase: 'Pending' },
  }
}

export function setDefaultsDaemonSet(daemonSet: DaemonSet): DaemonSet {
  const { spec } = daemonSet
  return {
    ...daemonSet,
    spec: {
      ...spec,
      template: setDefaultsPodTemplate(spec.template),
      updateStrategy: setDefaultsDaemonSetStrategy(spec.updateStrategy ?? {}),
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    },
  }
}

function setDefaultsDaemonSetStrategy(strategy: DaemonSetUpdateStrategy): DaemonSetUpdateStrategy {
  const type = strategy.type ?? 'RollingUpdate'
  if (type !== 'RollingUpdate') return { ...strategy, type }
  return { ...strategy, type, rollingUpdate: { maxSurge: 0, maxUnavailable: 1, ...strategy.rollingUpdate } }
}
