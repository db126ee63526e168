/** Rules of what a Pod asks of its place: affinity to nodes and Pods, spread. */
import type {
  Affinity,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
  TopologySpreadConstraint,
} from './affinity.ts'
import type { PodSpec } from './core.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import type { LabelSelector } from './meta.ts'
import { validateLabelSelector } from './meta-validation.ts'
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './syntax.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

/** `path` leads to the spec. */
export function validatePlacement(spec: PodSpec, path: FieldPath): readonly FieldError[] {
  const { affinity, topologySpreadConstraints = [] } = spec
  return [
    ...(affinity === undefined ? [] : validateAffinity(affinity, [...path, 'affinity'])),
    ...validateSpread(topologySpreadConstraints, [...path, 'topologySpreadConstraints']),
  ]
}

function validateAffinity({ nodeAffinity = {}, podAffinity, podAntiAffinity }: Affinity, path: FieldPath) {
  const { [REQUIRED]: selector, [PREFERRED]: preferred = [] } = nodeAffinity
  const node = [...path, 'nodeAffinity']
  return [
    ...(selector === undefined ? [] : validateSelector(selector.nodeSelectorTerms, [...node, REQUIRED])),
    ...preferred.flatMap(({ weight, preference }, i) => [
      ...validateWeight(weight, [...node, PREFERRED, i]),
      ...validateTerm(preference, [...node, PREFERRED, i, 'preference']),
    ]),
    ...validatePodTerms(podAffinity, [...path, 'podAffinity']),
    ...validatePodTerms(podAntiAffinity, [...path, 'podAntiAffinity']),
  ]
}

function validateWeight(weight: number, path: FieldPath): readonly FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalid([...path, 'weight'], weight, 'must be in the range 1-100')]
}

function validateSelector(terms: readonly NodeSelectorTerm[], path: FieldPath): readonly FieldError[] {
  const at = [...path, 'nodeSelectorTerms']
  if (terms.length === 0) return [required(at, 'must have at least one node selector term')]
  return terms.flatMap((term, i) => validateTerm(term, [...at, i]))
}

function validateTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, path: FieldPath) {
  return [
    ...matchExpressions.flatMap((one, i) => validateRequirement(one, [...path, 'matchExpressions', i])),
    ...matchFields.flatMap((one, i) => validateFieldRequirement(one, [...path, 'matchFields', i])),
  ]
}

function validateRequirement(requirement: NodeSelectorRequirement, path: FieldPath): readonly FieldError[] {
  const { key, values = [] } = requirement
  return [
    ...validateOperator(requirement, path),
    ...invalidEach([...path, 'key'], key, qualifiedName(key)),
    ...values.flatMap((value, i) => invalidEach([...path, 'values', i], value, labelValue(value))),
  ]
}

function validateOperator({ operator, values = [] }: NodeSelectorRequirement, path: FieldPath): readonly FieldError[] {
  const at = [...path, 'values']
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0 ? [] : [required(at, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      if (values.length === 0) return []
      return [forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    case 'Gt':
    case 'Lt':
      if (values.length === 1) return []
      return [required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
    default:
      operator satisfies never
      return [invalid([...path, 'operator'], operator, 'not a valid selector operator')]
  }
}

/** The one field of a node is its name. */
function validateFieldRequirement(requirement: NodeSelectorRequirement, path: FieldPath): readonly FieldError[] {
  const { key, operator, values = [] } = requirement
  const errors: FieldError[] = []
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.push(invalid([...path, 'operator'], operator, 'not a valid selector operator'))
  } else if (values.length !== 1) {
    const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.push(required([...path, 'values'], detail))
  }
  if (key !== 'metadata.name') return [...errors, invalid([...path, 'key'], key, 'not a valid field selector key')]
  return [...errors, ...values.flatMap((value, i) => invalidEach([...path, 'values', i], value, dnsSubdomain(value)))]
}

function validatePodTerms(affinity: PodAffinity | undefined, path: FieldPath): readonly FieldError[] {
  const { [REQUIRED]: wanted = [], [PREFERRED]: preferred = [] } = affinity ?? {}
  return [
    ...wanted.flatMap((term, i) => validatePodTerm(term, [...path, REQUIRED, i])),
    ...preferred.flatMap(({ weight, podAffinityTerm }, i) => [
      ...validateWeight(weight, [...path, PREFERRED, i]),
      ...validatePodTerm(podAffinityTerm, [...path, PREFERRED, i, 'podAffinityTerm']),
    ]),
  ]
}

function validatePodTerm(term: PodAffinityTerm, path: FieldPath): readonly FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term
  return [
    ...(labelSelector === undefined ? [] : validateLabelSelector(labelSelector, [...path, 'labelSelector'])),
    ...(namespaceSelector === undefined
      ? []
      : validateLabelSelector(namespaceSelector, [...path, 'namespaceSelector'])),
    ...namespaces.flatMap((name) => invalidEach([...path, 'namespace'], name, dnsLabel(name))),
    ...validateTermKeys(term, path),
    ...validateTopologyKey(topologyKey, path),
    ...invalidEach([...path, 'topologyKey'], topologyKey, qualifiedName(topologyKey)),
  ]
}

function validateTopologyKey(key: string, path: FieldPath): readonly FieldError[] {
  return key === '' ? [required([...path, 'topologyKey'], 'can not be empty')] : []
}

function validateTermKeys(term: PodAffinityTerm, path: FieldPath): readonly FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  const at = [...path, 'matchLabelKeys']
  return [
    ...validateLabelKeys(matchLabelKeys, labelSelector, at),
    ...validateLabelKeys(mismatchLabelKeys, labelSelector, [...path, 'mismatchLabelKeys']),
    ...keysIn(mismatchLabelKeys, matchLabelKeys, at, 'exists in both matchLabelKeys and mismatchLabelKeys'),
  ]
}

/** They narrow a selector: without one, there is nothing to narrow. */
function validateLabelKeys(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  path: FieldPath,
): readonly FieldError[] {
  if (keys.length === 0) return []
  if (selector === undefined) return [forbidden(path, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, i) => invalidEach([...path, i], key, qualifiedName(key)))
}

function keysIn(
  others: readonly string[],
  keys: readonly string[],
  path: FieldPath,
  detail: string,
): readonly FieldError[] {
  return keys.flatMap((key, i) => (others.includes(key) ? [invalid([...path, i], key, detail)] : []))
}

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway']
const POLICIES = ['Honor', 'Ignore']
const NOT_POSITIVE = 'must be greater than zero'

function validateSpread(constraints: readonly TopologySpreadConstraint[], path: FieldPath): readonly FieldError[] {
  return constraints.flatMap((constraint, i) => {
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint
    const at = [...path, i]
    const isRepeated = constraints
      .slice(i + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
    return [
      ...(maxSkew > 0 ? [] : [invalid([...at, 'maxSkew'], maxSkew, NOT_POSITIVE)]),
      ...validateTopologyKey(topologyKey, at),
      ...oneOf([...at, 'whenUnsatisfiable'], whenUnsatisfiable, ACTIONS),
      ...(isRepeated
        ? [duplicate([...at, '{topologyKey, whenUnsatisfiable}'], `{${topologyKey}, ${whenUnsatisfiable}}`)]
        : []),
      ...validateMinDomains(constraint, at),
      ...oneOf([...at, 'nodeAffinityPolicy'], constraint.nodeAffinityPolicy, POLICIES),
      ...oneOf([...at, 'nodeTaintsPolicy'], constraint.nodeTaintsPolicy, POLICIES),
      ...validateSpreadKeys(constraint, [...at, 'matchLabelKeys']),
      ...(labelSelector === undefined ? [] : validateLabelSelector(labelSelector, [...at, 'labelSelector'])),
    ]
  })
}

function oneOf(path: FieldPath, value: string | undefined, supported: readonly string[]): readonly FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateMinDomains(
  { minDomains, whenUnsatisfiable }: TopologySpreadConstraint,
  path: FieldPath,
): readonly FieldError[] {
  if (minDomains === undefined) return []
  const at = [...path, 'minDomains']
  const errors = minDomains > 0 ? [] : [invalid(at, minDomains, NOT_POSITIVE)]
  if (whenUnsatisfiable === 'DoNotSchedule') return errors
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
  return [...errors, invalid(at, minDomains, detail)]
}

function validateSpreadKeys(
  { matchLabelKeys = [], labelSelector }: TopologySpreadConstraint,
  path: FieldPath,
): readonly FieldError[] {
  const { matchLabels = {}, matchExpressions = [] } = labelSelector ?? {}
  const selected = [...Object.keys(matchLabels), ...matchExpressions.map(({ key }) => key)]
  return [
    ...validateLabelKeys(matchLabelKeys, labelSelector, path),
    ...keysIn(selected, matchLabelKeys, path, 'exists in both matchLabelKeys and labelSelector'),
  ]
}
