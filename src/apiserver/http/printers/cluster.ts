import type { Lease } from '../../../api/coordination.ts'
import type { ConfigMap, Namespace, Node, Secret, ServiceAccount } from '../../../api/core.ts'
import type { IPAddress, ServiceCIDR } from '../../../api/networking.ts'
import { ageOf, columns, orNone, type Printer } from './printer.ts'

export const namespaces: Printer<Namespace> = {
  columns: columns(['Name', 'Status', 'Age']),
  cells: ({ metadata, status }, now) => [metadata.name, status?.phase ?? '', ageOf(metadata.creationTimestamp, now)],
}

export const configmaps: Printer<ConfigMap> = {
  columns: columns(['Name', 'Data', 'Age']),
  cells: ({ metadata, data = {}, binaryData = {} }, now) => [
    metadata.name,
    Object.keys(data).length + Object.keys(binaryData).length,
    ageOf(metadata.creationTimestamp, now),
  ],
}

export const secrets: Printer<Secret> = {
  columns: columns(['Name', 'Type', 'Data', 'Age']),
  cells: ({ metadata, type = '', data = {} }, now) => [
    metadata.name,
    type,
    Object.keys(data).length,
    ageOf(metadata.creationTimestamp, now),
  ],
}

export const serviceaccounts: Printer<ServiceAccount> = {
  columns: columns(['Name', 'Age']),
  cells: ({ metadata }, now) => [metadata.name, ageOf(metadata.creationTimestamp, now)],
}

export const servicecidrs: Printer<ServiceCIDR> = {
  columns: columns(['Name', 'CIDRs', 'Age']),
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    (spec?.cidrs ?? []).join(','),
    ageOf(metadata.creationTimestamp, now),
  ],
}

export const ipaddresses: Printer<IPAddress> = {
  columns: columns(['Name', 'ParentRef']),
  cells: ({ metadata, spec }) => {
    const { group = '', resource = '', namespace = '', name = '' } = spec?.parentRef ?? {}
    return [
      metadata.name,
      [group === '' ? '' : `${group}.`, resource, namespace, name].filter((part) => part !== '').join('/'),
    ]
  },
}

export const leases: Printer<Lease> = {
  columns: columns(['Name', 'Holder', 'Age']),
  cells: ({ metadata, spec }, now) => [
    metadata.name,
    spec?.holderIdentity ?? '',
    ageOf(metadata.creationTimestamp, now),
  ],
}

const ROLE_LABEL = 'node-role.kubernetes.io/'

export const nodes: Printer<Node> = {
  columns: columns(
    ['Name', 'Status', 'Roles', 'Age', 'Version'],
    ['Internal-IP', 'External-IP', 'OS-Image', 'Kernel-Version', 'Container-Runtime'],
  ),
  cells(node, now) {
    const info = node.status?.nodeInfo
    const address = (type: string): string =>
      orNone(node.status?.addresses?.find((candidate) => candidate.type === type)?.address)
    return [
      node.metadata.name,
      nodeStatus(node),
      rolesOf(node),
      ageOf(node.metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '',
      address('InternalIP'),
      address('ExternalIP'),
      info?.osImage ?? '<unknown>',
      info?.kernelVersion ?? '<unknown>',
      info?.containerRuntimeVersion ?? '<unknown>',
    ]
  },
}

function nodeStatus({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.status
  const word = ready === undefined ? 'Unknown' : ready === 'True' ? 'Ready' : 'NotReady'
  return spec?.unschedulable === true ? `${word},SchedulingDisabled` : word
}

function rolesOf({ metadata }: Node): string {
  const roles = Object.keys(metadata.labels ?? {})
    .filter((label) => label.startsWith(ROLE_LABEL))
    .map((label) => label.slice(ROLE_LABEL.length))
  return orNone(roles.toSorted().join(','))
}
