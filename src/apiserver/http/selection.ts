/** `labelSelector` and `fieldSelector` of a request. */
import type { AnyObject, Kind, Kinds } from '../../api/kinds.ts'
import type { LabelSelectorRequirement } from '../../api/meta.ts'
import { matchLabelSelector } from '../../model/selectors.ts'
import { badRequest } from './failures.ts'

export type Matches = (object: AnyObject) => boolean

/** Throws a Refusal where a selector cannot be read, or names a field that objects of this kind are not chosen by. */
export function selection(kind: Kind, query: URLSearchParams, namespace: string | undefined, name?: string): Matches {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(kind, query.get('fieldSelector') ?? '')
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

type ReadField<T> = (object: T) => string

/** Fields that a selector may name, beside metadata.name and metadata.namespace. */
const FIELDS: { readonly [K in Kind]?: Readonly<Record<string, ReadField<Kinds[K]>>> } = {
  Pod: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy ?? '',
    'spec.schedulerName': ({ spec }) => spec.schedulerName ?? '',
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status?.phase ?? '',
    'status.podIP': ({ status }) => status?.podIP ?? '',
    'status.nominatedNodeName': () => '',
  },
  Service: {
    'spec.clusterIP': ({ spec }) => spec.clusterIP ?? '',
    'spec.type': ({ spec }) => spec.type ?? '',
  },
  Node: { 'spec.unschedulable': ({ spec }) => String(spec?.unschedulable ?? false) },
  Secret: { type: ({ type }) => type ?? '' },
  Namespace: { 'status.phase': ({ status }) => status?.phase ?? '' },
  ReplicaSet: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
}

const METADATA: Readonly<Record<string, ReadField<AnyObject>>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace ?? '',
}

function readerOf(kind: Kind, field: string): ReadField<AnyObject> {
  // Only objects of this kind are asked.
  const own = (FIELDS[kind] ?? {}) as Readonly<Record<string, ReadField<AnyObject>>>
  const read = [METADATA, own].find((fields) => Object.hasOwn(fields, field))?.[field]
  if (read === undefined) throw badRequest(`field label not supported: ${field}`)
  return read
}

function fieldMatcher(kind: Kind, text: string): Matches {
  const terms = text.split(/(?<!\\),/).filter((part) => part.trim() !== '')
  const parsed = terms.map((part) => {
    const [, field, operator, value = ''] = /^([^=!]+)(==|=|!=)(.*)$/.exec(part.trim()) ?? []
    if (field === undefined) {
      throw badRequest(`invalid selector: ${JSON.stringify(text)}; can't understand ${JSON.stringify(part)}`)
    }
    return {
      read: readerOf(kind, field),
      isEqual: operator !== '!=',
      value: value.replaceAll(/\\([\\,=])/g, '$1'),
    }
  })
  return (object) => parsed.every(({ read, isEqual, value }) => (read(object) === value) === isEqual)
}
