/** `labelSelector` and `fieldSelector` of a request. */
import type { AnyObject } from '../../api/kinds.ts'
import type { LabelSelectorRequirement } from '../../api/meta.ts'
import { matchLabelSelector } from '../../model/selectors.ts'
import { badRequest } from './failures.ts'

export type Matches = (object: AnyObject) => boolean

/** Throws a Refusal where a selector cannot be read. */
export function selection(query: URLSearchParams, namespace: string | undefined, name?: string): Matches {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(query.get('fieldSelector') ?? '')
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    labels(object) &&
    fields(object)
}

function labelMatcher(text: string): Matches {
  if (text.trim() === '') return () => true
  const matchExpressions = parseLabelSelector(text)
  return ({ metadata }) => matchLabelSelector({ matchExpressions }, metadata.labels)
}

/** Commas outside of brackets part the requirements. */
const REQUIREMENTS = /,(?![^(]*\))/
const SET = /^([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)$/
const PAIR = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/
const EXISTS = /^(!?)\s*([\w./-]+)$/

/** `a=b,c in (d,e),!f` as requirements. A label that is absent is also not equal. */
export function parseLabelSelector(text: string): readonly LabelSelectorRequirement[] {
  return text.split(REQUIREMENTS).map((part) => {
    const requirement = part.trim()
    const set = SET.exec(requirement)
    if (set !== null) {
      const [, key = '', operator, values = ''] = set
      return { key, operator: operator === 'in' ? 'In' : 'NotIn', values: values.split(',').map((v) => v.trim()) }
    }
    const pair = PAIR.exec(requirement)
    if (pair !== null) {
      const [, key = '', operator, value = ''] = pair
      return { key, operator: operator === '!=' ? 'NotIn' : 'In', values: [value] }
    }
    const [, not, key] = EXISTS.exec(requirement) ?? []
    if (key === undefined) throw badRequest(`unable to parse requirement: ${JSON.stringify(requirement)}`)
    return { key, operator: not === '!' ? 'DoesNotExist' : 'Exists' }
  })
}

/** Fields that a selector may name, beside metadata.name and metadata.namespace. */
function fieldOf(object: AnyObject, field: string): string | undefined {
  const { metadata } = object
  if (field === 'metadata.name') return metadata.name
  if (field === 'metadata.namespace') return metadata.namespace ?? ''
  switch (object.kind) {
    case 'Pod':
      return podField(object, field)
    case 'Service':
      if (field === 'spec.clusterIP') return object.spec.clusterIP ?? ''
      return field === 'spec.type' ? (object.spec.type ?? '') : undefined
    case 'Node':
      return field === 'spec.unschedulable' ? String(object.spec?.unschedulable ?? false) : undefined
    case 'Secret':
      return field === 'type' ? (object.type ?? '') : undefined
    case 'Namespace':
      return field === 'status.phase' ? (object.status?.phase ?? '') : undefined
    case 'ReplicaSet':
      return field === 'status.replicas' ? String(object.status?.replicas ?? 0) : undefined
    default:
      return undefined
  }
}

function podField({ spec, status }: AnyObject & { kind: 'Pod' }, field: string): string | undefined {
  const fields: Readonly<Record<string, string>> = {
    'spec.nodeName': spec.nodeName ?? '',
    'spec.restartPolicy': spec.restartPolicy ?? '',
    'spec.schedulerName': spec.schedulerName ?? '',
    'spec.serviceAccountName': spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(spec.hostNetwork ?? false),
    'status.phase': status?.phase ?? '',
    'status.podIP': status?.podIP ?? '',
    'status.nominatedNodeName': '',
  }
  return fields[field]
}

function fieldMatcher(text: string): Matches {
  const terms = text.split(/(?<!\\),/).filter((part) => part.trim() !== '')
  const parsed = terms.map((part) => {
    const [, field, operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim()) ?? []
    if (field === undefined)
      throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`)
    return { field, isEqual: operator !== '!=', value: value.replaceAll(/\\([\\,=])/g, '$1') }
  })
  return (object) =>
    parsed.every(({ field, isEqual, value }) => {
      const found = fieldOf(object, field)
      if (found === undefined) throw badRequest(`field label not supported: ${field}`)
      return (found === value) === isEqual
    })
}
