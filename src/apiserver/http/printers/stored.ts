/** Tables of the kinds that are kept and shown, with the columns of Kubernetes. */
import type { PodDisruptionBudget } from '../../../api/policy.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../api/storage.ts'
import type { MetricTarget } from '../../../api/stored-fields.ts'
import type { StoredKind, StoredKinds, StoredObject } from '../../../api/stored-kinds.ts'
import { formatSelector } from './format-selector.ts'
import { ageOf, columns, orNone, type Cell, type Column, type Printer } from './printer.ts'

/** `age`: of the object, as a cell. */
function printer<K extends StoredKind>(
  shown: readonly Column[],
  cells: (object: StoredKinds[K], age: string) => readonly Cell[],
): Printer<StoredKinds[K]> {
  return { columns: shown, cells: (object, now) => cells(object, ageOf(object.metadata.creationTimestamp, now)) }
}

const createdAt = columns(['Name', 'Created At'])
const nameAndTime = ({ metadata }: StoredObject): readonly Cell[] => [metadata.name, metadata.creationTimestamp ?? '']

const priorityclasses = printer<'PriorityClass'>(
  columns(['Name', 'Value#', 'Global-Default', 'Age', 'PreemptionPolicy']),
  ({ metadata, value = 0, globalDefault = false, preemptionPolicy = 'PreemptLowerPriority' }, age) => [
    metadata.name,
    value,
    String(globalDefault),
    age,
    preemptionPolicy,
  ],
)

const resourcequotas = printer<'ResourceQuota'>(
  columns(['Name', 'Request', 'Limit', 'Age']),
  ({ metadata, status }, age) => {
    const used = (isLimit: boolean): string =>
      Object.entries(status?.hard ?? {})
        .filter(([name]) => name.startsWith('limits.') === isLimit)
        .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? 0}/${hard}`)
        .join(', ')
    return [metadata.name, used(false), used(true), age]
  },
)

const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'

const storageclasses: Printer<StorageClass> = {
  columns: columns(['Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age']),
  cells: ({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion = false }, now) => [
    metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name,
    provisioner,
    reclaimPolicy ?? 'Delete',
    volumeBindingMode ?? 'Immediate',
    String(allowVolumeExpansion),
    ageOf(metadata.creationTimestamp, now),
  ],
}

const SHORT_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const modesOf = (modes: readonly string[] = []): string => modes.map((mode) => SHORT_MODES[mode] ?? mode).join(',')
const UNSET = '<unset>'

const persistentvolumes: Printer<PersistentVolume> = {
  columns: columns(
    [
      'Name',
      'Capacity',
      'Access Modes',
      'Reclaim Policy',
      'Status',
      'Claim',
      'StorageClass',
      'VolumeAttributesClass',
      'Reason',
      'Age',
    ],
    ['VolumeMode'],
  ),
  cells: ({ metadata, spec = {}, status = {} }, now) => [
    metadata.name,
    String(spec.capacity?.['storage'] ?? ''),
    modesOf(spec.accessModes),
    spec.persistentVolumeReclaimPolicy ?? '',
    metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
    spec.claimRef === undefined ? '' : `${spec.claimRef.namespace}/${spec.claimRef.name}`,
    spec.storageClassName ?? '',
    UNSET,
    status.reason ?? '',
    ageOf(metadata.creationTimestamp, now),
    spec.volumeMode ?? UNSET,
  ],
}

const persistentvolumeclaims: Printer<PersistentVolumeClaim> = {
  columns: columns(
    ['Name', 'Status', 'Volume', 'Capacity', 'Access Modes', 'StorageClass', 'VolumeAttributesClass', 'Age'],
    ['VolumeMode'],
  ),
  cells: ({ metadata, spec = {}, status = {} }, now) => [
    metadata.name,
    metadata.deletionTimestamp === undefined ? (status.phase ?? '') : 'Terminating',
    spec.volumeName ?? '',
    String(status.capacity?.['storage'] ?? ''),
    modesOf(status.accessModes),
    spec.storageClassName ?? '',
    UNSET,
    ageOf(metadata.creationTimestamp, now),
    spec.volumeMode ?? UNSET,
  ],
}

type Binding = 'RoleBinding' | 'ClusterRoleBinding'

const bindings: Printer<StoredKinds[Binding]> = printer<Binding>(
  columns(['Name', 'Role', 'Age'], ['Users', 'Groups', 'ServiceAccounts']),
  ({ metadata, roleRef = {}, subjects = [] }, age) => {
    const named = (kind: string): string =>
      subjects
        .filter((subject) => subject.kind === kind)
        .map(({ namespace, name = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
        .join(', ')
    const role = `${roleRef.kind ?? ''}/${roleRef.name ?? ''}`
    return [metadata.name, role, age, named('User'), named('Group'), named('ServiceAccount')]
  },
)

const networkpolicies = printer<'NetworkPolicy'>(
  columns(['Name', 'Pod-Selector', 'Age']),
  ({ metadata, spec = {} }, age) => [metadata.name, orNone(formatSelector(spec.podSelector ?? {})), age],
)

const poddisruptionbudgets: Printer<PodDisruptionBudget> = {
  columns: columns(['Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions#', 'Age']),
  cells: ({ metadata, spec = {}, status }, now) => [
    metadata.name,
    String(spec.minAvailable ?? 'N/A'),
    String(spec.maxUnavailable ?? 'N/A'),
    status?.disruptionsAllowed ?? 0,
    ageOf(metadata.creationTimestamp, now),
  ],
}

const ingressclasses = printer<'IngressClass'>(
  columns(['Name', 'Controller', 'Parameters', 'Age']),
  ({ metadata, spec = {} }, age) => {
    const { apiGroup, kind = '', name = '' } = spec.parameters ?? {}
    const parameters = `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
    return [metadata.name, spec.controller ?? '', spec.parameters === undefined ? '<none>' : parameters, age]
  },
)

const MOST_HOSTS = 3

const ingresses = printer<'Ingress'>(
  columns(['Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age']),
  ({ metadata, spec = {}, status = {} }, age) => {
    const hosts = (spec.rules ?? []).flatMap(({ host = '' }) => (host === '' ? [] : [host]))
    const more = hosts.length > MOST_HOSTS ? ` + ${hosts.length - MOST_HOSTS} more...` : ''
    const addresses = (status.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '')
    return [
      metadata.name,
      orNone(spec.ingressClassName),
      hosts.length === 0 ? '*' : `${hosts.slice(0, MOST_HOSTS).join(',')}${more}`,
      addresses.join(','),
      (spec.tls ?? []).length > 0 ? '80, 443' : '80',
      age,
    ]
  },
)

/** Nothing is measured for it: what stands before the slash is never known. */
function targetText({ averageUtilization, averageValue, value }: MetricTarget = {}): string {
  return `<unknown>/${averageUtilization === undefined ? (averageValue ?? value ?? '<auto>') : `${averageUtilization}%`}`
}

const horizontalpodautoscalers = printer<'HorizontalPodAutoscaler'>(
  columns(['Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age']),
  ({ metadata, spec = {}, status = {} }, age) => {
    const { scaleTargetRef: target = {}, minReplicas, maxReplicas = 0, metrics = [] } = spec
    const targets = metrics.map(({ resource }) =>
      resource === undefined ? '<unknown>' : `${resource.name}: ${targetText(resource.target)}`,
    )
    return [
      metadata.name,
      `${target.kind ?? ''}/${target.name ?? ''}`,
      targets.length === 0 ? '<none>' : targets.join(', '),
      minReplicas === undefined ? '<unset>' : String(minReplicas),
      String(maxReplicas),
      String(status.currentReplicas ?? 0),
      age,
    ]
  },
)

type Webhooks = 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration'

const webhooks: Printer<StoredKinds[Webhooks]> = printer<Webhooks>(
  columns(['Name', 'Webhooks#', 'Age']),
  ({ metadata, webhooks = [] }, age) => [metadata.name, webhooks.length, age],
)

export const storedPrinters: { readonly [K in StoredKind]: Printer<StoredKinds[K]> } = {
  PriorityClass: priorityclasses,
  ResourceQuota: resourcequotas,
  LimitRange: printer<'LimitRange'>(createdAt, nameAndTime),
  StorageClass: storageclasses,
  PersistentVolume: persistentvolumes,
  PersistentVolumeClaim: persistentvolumeclaims,
  ClusterRole: printer<'ClusterRole'>(createdAt, nameAndTime),
  ClusterRoleBinding: bindings,
  Role: printer<'Role'>(createdAt, nameAndTime),
  RoleBinding: bindings,
  NetworkPolicy: networkpolicies,
  PodDisruptionBudget: poddisruptionbudgets,
  IngressClass: ingressclasses,
  Ingress: ingresses,
  HorizontalPodAutoscaler: horizontalpodautoscalers,
  MutatingWebhookConfiguration: webhooks,
  ValidatingWebhookConfiguration: webhooks,
}
