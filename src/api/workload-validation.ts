import type { DaemonSet, Deployment, DeploymentStrategy, ReplicaSet, StatefulSet } from './apps.ts'
import type { PodTemplateSpec } from './core.ts'
import { forbidden, invalid, notSupported, required, type FieldError, type FieldPath } from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import type { IntOrString, LabelSelector } from './meta.ts'
import {
  matchesLabelSelector,
  validateAnnotations,
  validateLabels,
  validateLabelSelector,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './meta-validation.ts'
import { validatePodSpec } from './pod-validation.ts'
import { dnsSubdomain } from './syntax.ts'

type Workload = Deployment | ReplicaSet | StatefulSet | DaemonSet

export function validateDeployment(deployment: Deployment): readonly FieldError[] {
  return [...validateObjectMeta(deployment, dnsSubdomain, true), ...validateDeploymentSpec(deployment)]
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): readonly FieldError[] {
  return [...validateWorkloadUpdate(deployment, old), ...validateDeploymentSpec(deployment)]
}

export function validateReplicaSet(replicaSet: ReplicaSet): readonly FieldError[] {
  return [...validateObjectMeta(replicaSet, dnsSubdomain, true), ...validateWorkloadSpec(replicaSet)]
}

export function validateReplicaSetUpdate(replicaSet: ReplicaSet, old: ReplicaSet): readonly FieldError[] {
  return [...validateWorkloadUpdate(replicaSet, old), ...validateWorkloadSpec(replicaSet)]
}

/** Of all kinds whose selector never changes. */
export function validateWorkloadUpdate(workload: Workload, old: Workload): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(workload, old),
    ...validateLabels(workload.metadata.labels ?? {}, ['metadata', 'labels']),
  ]
  return equalJSON(workload.spec.selector, old.spec.selector)
    ? errors
    : [...errors, invalid(['spec', 'selector'], workload.spec.selector, 'field is immutable')]
}

function validateDeploymentSpec(deployment: Deployment): readonly FieldError[] {
  const { strategy = {} } = deployment.spec
  return [...validateWorkloadSpec(deployment), ...validateStrategy(strategy)]
}

function validateStrategy(strategy: DeploymentStrategy): readonly FieldError[] {
  const path = ['spec', 'strategy']
  const { type = 'RollingUpdate', rollingUpdate } = strategy
  if (type === 'Recreate') {
    const detail = "may not be specified when strategy `type` is 'Recreate'"
    return rollingUpdate === undefined ? [] : [forbidden([...path, 'rollingUpdate'], detail)]
  }
  if (type !== 'RollingUpdate') return [notSupported([...path, 'type'], type, ['Recreate', 'RollingUpdate'])]
  const fields = ['maxSurge', 'maxUnavailable'] as const
  const errors = fields.flatMap((field) => {
    const value = rollingUpdate?.[field]
    return value === undefined ? [] : validateCountOrPercentage([...path, 'rollingUpdate', field], value)
  })
  const isZero = (value: IntOrString | undefined): boolean => value === 0 || value === '0%'
  if (isZero(rollingUpdate?.maxSurge) && isZero(rollingUpdate?.maxUnavailable)) {
    const detail = 'may not be 0 when `maxSurge` is 0'
    errors.push(invalid([...path, 'rollingUpdate', 'maxUnavailable'], rollingUpdate?.maxUnavailable, detail))
  }
  return errors
}

export function validateCountOrPercentage(path: FieldPath, value: IntOrString): readonly FieldError[] {
  if (isCountOrPercentage(value)) return []
  return [invalid(path, value, "must be a number of Pods or a percentage (e.g. '25%')")]
}

function isCountOrPercentage(value: IntOrString): boolean {
  return typeof value === 'number' ? value >= 0 : /^\d+%$/.test(value)
}

/** Replicas, selector and template: the rules that all kinds with replicas share. */
export function validateWorkloadSpec(workload: Workload): readonly FieldError[] {
  const { selector, template } = workload.spec
  const replicas = 'replicas' in workload.spec ? workload.spec.replicas : undefined
  const errors: FieldError[] = []
  errors.push(...validateNotNegative(['spec', 'replicas'], replicas))
  errors.push(...validateSelector(selector, workload.kind))
  if (template === undefined) return [...errors, required(['spec', 'template'])]
  return [...errors, ...validateTemplate(template, selector)]
}

export function validateNotNegative(path: FieldPath, value: number | undefined): readonly FieldError[] {
  return value === undefined || value >= 0 ? [] : [invalid(path, value, 'must be greater than or equal to 0')]
}

function validateSelector(selector: LabelSelector | undefined, kind: string): readonly FieldError[] {
  const path = ['spec', 'selector']
  if (selector === undefined) return [required(path)]
  if (isEmpty(selector)) return [invalid(path, selector, `empty selector is invalid for ${kind.toLowerCase()}`)]
  return validateLabelSelector(selector, path)
}

function isEmpty(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
}

function validateTemplate(template: PodTemplateSpec, selector: LabelSelector | undefined): readonly FieldError[] {
  const path = ['spec', 'template']
  const labels = template.metadata?.labels ?? {}
  const errors: FieldError[] = [
    ...validateLabels(labels, [...path, 'metadata', 'labels']),
    ...validateAnnotations(template.metadata?.annotations ?? {}, [...path, 'metadata', 'annotations']),
    ...validatePodSpec(template.spec, [...path, 'spec']),
  ]
  if (selector !== undefined && !isEmpty(selector) && !matchesLabelSelector(selector, labels)) {
    errors.push(invalid([...path, 'metadata', 'labels'], labels, '`selector` does not match template `labels`'))
  }
  const { restartPolicy = 'Always' } = template.spec
  if (restartPolicy !== 'Always') {
    errors.push(notSupported([...path, 'spec', 'restartPolicy'], restartPolicy, ['Always']))
  }
  return errors
}
