import type { Container, EnvVar, Pod, PodSpec } from './core.ts'
import { validateContainerPorts, validateHostPorts } from './container-port-validation.ts'
import {
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate, validateUnique } from './meta-validation.ts'
import { validatePlacement } from './placement-validation.ts'
import { validatePodDns } from './pod-dns-validation.ts'
import { dnsLabel, dnsSubdomain } from './syntax.ts'

const RESTART_POLICIES: readonly string[] = ['Always', 'OnFailure', 'Never']
const PULL_POLICIES: readonly string[] = ['Always', 'IfNotPresent', 'Never']

const LONGEST_DEADLINE = 2 ** 31 - 1

export function validatePod(pod: Pod): readonly FieldError[] {
  return [...validateObjectMeta(pod, dnsSubdomain, true), ...validatePodSpec(pod.spec, ['spec'])]
}

/** A Pod's spec stays as it is, but for images, tolerations, deadline, the time to end, gates that go, and the node that it is given to. */
export function validatePodUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(pod, old),
    ...validateLabels(pod.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validatePodSpec(pod.spec, ['spec']),
    ...validateGatesUpdate(pod.spec, old.spec),
    ...validateDeadlineUpdate(pod.spec, old.spec),
  ]
  if (equalJSON(fixedPart(pod.spec, old.spec), fixedPart(old.spec, old.spec))) return errors
  const detail =
    'pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds`, `spec.tolerations` and `spec.terminationGracePeriodSeconds`'
  return [...errors, forbidden(['spec'], detail)]
}

function validateGatesUpdate({ schedulingGates = [] }: PodSpec, old: PodSpec): readonly FieldError[] {
  const added = schedulingGates.find(({ name }) => !(old.schedulingGates ?? []).some((gate) => gate.name === name))
  if (added === undefined) return []
  return [
    forbidden(['spec', 'schedulingGates'], `only deletion is allowed, but found new scheduling gate '${added.name}'`),
  ]
}

/** A deadline can come and come sooner. */
function validateDeadlineUpdate({ activeDeadlineSeconds: next }: PodSpec, old: PodSpec): readonly FieldError[] {
  const before = old.activeDeadlineSeconds
  if (before === undefined || (next !== undefined && next <= before)) return []
  const path = ['spec', 'activeDeadlineSeconds']
  return [
    next === undefined
      ? invalid(path, '', 'must not update from a positive integer to nil value')
      : invalid(path, next, 'new value must be less than or equal to previous value'),
  ]
}

function fixedPart(spec: PodSpec, old: PodSpec): unknown {
  const {
    tolerations: _,
    terminationGracePeriodSeconds: __,
    schedulingGates: ___,
    activeDeadlineSeconds: ____,
    nodeName,
    ...rest
  } = spec
  return {
    ...rest,
    nodeName: old.nodeName === undefined ? '' : nodeName,
    containers: spec.containers.map(withoutImage),
    initContainers: (spec.initContainers ?? []).map(withoutImage),
  }
}

function withoutImage(container: Container): Omit<Container, 'image'> {
  const { image: _, ...rest } = container
  return rest
}

/** `path` leads to the spec: that of a Pod or of a template. */
export function validatePodSpec(spec: PodSpec, path: FieldPath): readonly FieldError[] {
  const { containers, initContainers = [] } = spec
  const errors: FieldError[] = []
  if (containers.length === 0) errors.push(required([...path, 'containers']))
  errors.push(
    ...validateContainers(containers, [...path, 'containers'], spec.hostNetwork === true),
    ...validateContainers(initContainers, [...path, 'initContainers'], spec.hostNetwork === true),
    ...validateNames(containers, initContainers, path),
    ...initContainers.flatMap((container, i) =>
      oneOf([...path, 'initContainers', i, 'restartPolicy'], container.restartPolicy, ['Always']),
    ),
    ...oneOf([...path, 'restartPolicy'], spec.restartPolicy, RESTART_POLICIES),
    ...validatePodDns(spec, path),
    ...validatePlacement(spec, path),
    ...validateLabels(spec.nodeSelector ?? {}, [...path, 'nodeSelector']),
    ...form([...path, 'hostname'], spec.hostname, dnsLabel),
    ...form([...path, 'subdomain'], spec.subdomain, dnsLabel),
    ...form([...path, 'nodeName'], spec.nodeName, dnsSubdomain),
    ...form([...path, 'serviceAccountName'], spec.serviceAccountName, dnsSubdomain),
  )
  const { activeDeadlineSeconds: deadline = 1 } = spec
  if (deadline < 1 || deadline > LONGEST_DEADLINE) {
    const detail = `must be between 1 and ${LONGEST_DEADLINE}, inclusive`
    errors.push(invalid([...path, 'activeDeadlineSeconds'], deadline, detail))
  }
  const seconds = spec.terminationGracePeriodSeconds ?? 0
  if (seconds < 0) {
    errors.push(invalid([...path, 'terminationGracePeriodSeconds'], seconds, 'must be greater than or equal to 0'))
  }
  return errors
}

function oneOf(path: FieldPath, value: string | undefined, supported: readonly string[]): readonly FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function form(
  path: FieldPath,
  value: string | undefined,
  rule: (text: string) => readonly string[],
): readonly FieldError[] {
  return value === undefined || value === '' ? [] : invalidEach(path, value, rule(value))
}

function validateNames(
  containers: readonly Container[],
  initContainers: readonly Container[],
  path: FieldPath,
): readonly FieldError[] {
  const names = [...containers, ...initContainers].map((container) => container.name)
  return validateUnique(names, (i) =>
    i < containers.length
      ? [...path, 'containers', i, 'name']
      : [...path, 'initContainers', i - containers.length, 'name'],
  )
}

function validateContainers(
  containers: readonly Container[],
  path: FieldPath,
  hostNetwork: boolean,
): readonly FieldError[] {
  return [
    ...containers.flatMap((container, i) => validateContainer(container, [...path, i], hostNetwork)),
    ...validateHostPorts(containers, path),
  ]
}

function validateContainer(container: Container, path: FieldPath, hostNetwork: boolean): readonly FieldError[] {
  const { name, image = '' } = container
  const errors: FieldError[] = []
  if (name === '') errors.push(required([...path, 'name']))
  else errors.push(...invalidEach([...path, 'name'], name, dnsLabel(name)))
  if (image === '') errors.push(required([...path, 'image']))
  return [
    ...errors,
    ...oneOf([...path, 'imagePullPolicy'], container.imagePullPolicy, PULL_POLICIES),
    ...validateContainerPorts(container.ports ?? [], [...path, 'ports'], hostNetwork),
    ...(container.env ?? []).flatMap((variable, i) => validateEnv(variable, [...path, 'env', i])),
    ...(container.envFrom ?? []).flatMap((source, i) => validateEnvFrom(source, [...path, 'envFrom', i])),
  ]
}

/** Printable ASCII without `=`, as since Kubernetes 1.34. */
function envName(text: string): readonly string[] {
  return /^[ -<>-~]+$/.test(text)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
}

function validateEnv(variable: EnvVar, path: FieldPath): readonly FieldError[] {
  const { name, value = '', valueFrom } = variable
  const errors: FieldError[] = []
  if (name === '') errors.push(required([...path, 'name']))
  else errors.push(...invalidEach([...path, 'name'], name, envName(name)))
  if (valueFrom === undefined) return errors
  const sources = Object.keys(valueFrom)
  const from = [...path, 'valueFrom']
  if (value !== '') errors.push(invalid(from, '', 'may not be specified when `value` is not empty'))
  if (sources.length === 0) errors.push(invalid(from, '', 'must specify one source of the value'))
  if (sources.length > 1) errors.push(invalid(from, '', 'may not have more than one field specified at a time'))
  for (const field of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const selector = valueFrom[field]
    if (selector !== undefined && !selector.key) errors.push(required([...from, field, 'key']))
    if (selector !== undefined && !selector.name) errors.push(required([...from, field, 'name']))
  }
  if (valueFrom.fieldRef !== undefined && !valueFrom.fieldRef.fieldPath) {
    errors.push(required([...from, 'fieldRef', 'fieldPath']))
  }
  return errors
}

function validateEnvFrom(source: NonNullable<Container['envFrom']>[number], path: FieldPath): readonly FieldError[] {
  const { configMapRef, secretRef } = source
  if (configMapRef === undefined && secretRef === undefined) {
    return [invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`')]
  }
  if (configMapRef !== undefined && secretRef !== undefined) {
    return [invalid(path, '', 'may not have more than one field specified at a time')]
  }
  const field = configMapRef === undefined ? 'secretRef' : 'configMapRef'
  return source[field]?.name ? [] : [required([...path, field, 'name'])]
}
