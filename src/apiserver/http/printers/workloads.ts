import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../../api/apps.ts'
import type { Container } from '../../../api/core.ts'
import type { LabelSelector, ObjectMeta } from '../../../api/meta.ts'
import { formatLabels } from '../../../model/selectors.ts'
import { formatSelector } from './format-selector.ts'
import { ageOf, columns, orNone, type Printer } from './printer.ts'

export const deployments: Printer<Deployment> = {
  columns: columns(['Name', 'Ready', 'Up-to-date', 'Available', 'Age'], ['Containers', 'Images', 'Selector']),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...template(spec.template.spec.containers, spec.selector),
  ],
}

export const replicasets: Printer<ReplicaSet> = {
  columns: columns(['Name', 'Desired#', 'Current#', 'Ready#', 'Age'], ['Containers', 'Images', 'Selector']),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    spec.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    ageOf(metadata.creationTimestamp, now),
    ...template(spec.template?.spec.containers ?? [], spec.selector),
  ],
}

export const statefulsets: Printer<StatefulSet> = {
  columns: columns(['Name', 'Ready', 'Age'], ['Containers', 'Images']),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
    ageOf(metadata.creationTimestamp, now),
    ...template(spec.template.spec.containers, spec.selector).slice(0, 2),
  ],
}

export const daemonsets: Printer<DaemonSet> = {
  columns: columns(
    ['Name', 'Desired#', 'Current#', 'Ready#', 'Up-to-date#', 'Available#', 'Node Selector', 'Age'],
    ['Containers', 'Images', 'Selector'],
  ),
  cells: ({ metadata, spec, status }, now) => [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    orNone(formatLabels(spec.template.spec.nodeSelector ?? {})),
    ageOf(metadata.creationTimestamp, now),
    ...template(spec.template.spec.containers, spec.selector),
  ],
}

export const controllerrevisions: Printer<ControllerRevision> = {
  columns: columns(['Name', 'Controller', 'Revision#', 'Age']),
  cells: ({ metadata, revision }, now) => [
    metadata.name,
    orNone(controllerName(metadata)),
    revision,
    ageOf(metadata.creationTimestamp, now),
  ],
}

/** `statefulset.apps/web`. */
function controllerName({ ownerReferences = [] }: ObjectMeta): string | undefined {
  const owner = ownerReferences.find(({ controller }) => controller === true)
  if (owner === undefined) return undefined
  const group = owner.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  return `${owner.kind.toLowerCase()}${group}/${owner.name}`
}

/** The wide columns of what has a template. */
export function template(containers: readonly Container[], selector: LabelSelector): readonly string[] {
  const names = containers.map(({ name }) => name).join(',')
  const images = containers.map(({ image = '' }) => image).join(',')
  return [names, images, orNone(formatSelector(selector))]
}
