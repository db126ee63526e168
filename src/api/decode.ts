/** JSON as a client sent it, to an object whose fields have the types that they should have. */
import { typeInvalid, type FieldError, type FieldPath } from './field-error.ts'
import { fieldsOf, type FieldType, type ScalarForm } from './field-table.ts'
import type { Kind, Kinds } from './kinds.ts'

export type Decoded<T> = { readonly object: T } | { readonly errors: readonly FieldError[] }
type JSONObject = Readonly<Record<string, unknown>>

/**
 * The object without its nulls, or every field of a wrong type. Fields that Kubernetes does not have are kept. Never
 * changes `value`; returns it, and its parts, where they are right already.
 */
export function decodeObject<K extends Kind>(kind: K, value: unknown): Decoded<Kinds[K]> {
  const errors: FieldError[] = []
  const object = decodeValue({ form: 'object', type: kind }, value, [], errors)
  if (isRecord(object)) errors.push(...findBadBase64(kind, object))
  return errors.length > 0 ? { errors } : { object: withName(object) as Kinds[K] }
}

/** The same for a type of the field table that is no kind stored here. */
export function decodeType(type: string, value: JSONObject): Decoded<JSONObject> {
  const errors: FieldError[] = []
  const object = decodeValue({ form: 'object', type }, value, [], errors)
  return errors.length > 0 || !isRecord(object) ? { errors } : { object }
}

/** What Go makes of a field that is absent but cannot be: the wire types rely on it. By type of the field table. */
const ZERO_VALUES: Readonly<Record<string, JSONObject>> = {
  Service: { spec: {} },
  Pod: { spec: {} },
  Deployment: { spec: {} },
  ReplicaSet: { spec: {} },
  StatefulSet: { spec: {} },
  DaemonSet: { spec: {} },
  Job: { spec: {} },
  CronJob: { spec: {} },
  ControllerRevision: { revision: 0 },
  EndpointSlice: { addressType: '', endpoints: [] },
  DeploymentSpec: { template: {} },
  StatefulSetSpec: { template: {} },
  DaemonSetSpec: { template: {} },
  JobSpec: { template: {} },
  JobTemplateSpec: { spec: {} },
  CronJobSpec: { schedule: '', jobTemplate: {} },
  NodeSelector: { nodeSelectorTerms: [] },
  NodeSelectorRequirement: { key: '', operator: '' },
  PreferredSchedulingTerm: { weight: 0, preference: {} },
  WeightedPodAffinityTerm: { weight: 0, podAffinityTerm: {} },
  PodAffinityTerm: { topologyKey: '' },
  TopologySpreadConstraint: { maxSkew: 0, topologyKey: '', whenUnsatisfiable: '' },
  Taint: { key: '', effect: '' },
  PodTemplateSpec: { spec: {} },
  PodSpec: { containers: [] },
  Container: { name: '' },
  ContainerPort: { containerPort: 0 },
  EnvVar: { name: '' },
  ConfigMapKeySelector: { name: '', key: '' },
  SecretKeySelector: { name: '', key: '' },
  ObjectFieldSelector: { fieldPath: '' },
  ConfigMapEnvSource: { name: '' },
  SecretEnvSource: { name: '' },
  Volume: { name: '' },
  PersistentVolumeClaim: { metadata: {} },
  ServicePort: { port: 0 },
  Endpoint: { addresses: [] },
  EndpointAddress: { ip: '' },
  CoreV1EndpointPort: { port: 0 },
  OwnerReference: { apiVersion: '', kind: '', name: '', uid: '' },
  LabelSelectorRequirement: { key: '', operator: '' },
}

/** Every object has metadata with a name, but a template's has none. */
function withName(value: unknown): unknown {
  if (!isRecord(value)) return value
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  return typeof metadata['name'] === 'string' ? value : { ...value, metadata: { name: '', ...metadata } }
}

function decodeValue(type: FieldType, value: unknown, path: FieldPath, errors: FieldError[]): unknown {
  switch (type.form) {
    case 'list':
      return decodeList(type.of, value, path, errors)
    case 'map':
      return decodeMap(type.of, value, path, errors)
    case 'object':
      return decodeFields(type.type, value, path, errors)
    default: {
      const problem = scalarProblem(type.form, value)
      if (problem !== undefined) errors.push(typeInvalid(path, value, problem))
      return value
    }
  }
}

function decodeList(type: FieldType, value: unknown, path: FieldPath, errors: FieldError[]): unknown {
  if (!Array.isArray(value)) {
    errors.push(typeInvalid(path, value, `must be a list, not ${describe(value)}`))
    return value
  }
  const items = value.map((item: unknown, i) => decodeValue(type, item ?? zero(type), [...path, i], errors))
  return items.every((item, i) => item === value[i]) ? value : items
}

function decodeMap(type: FieldType, value: unknown, path: FieldPath, errors: FieldError[]): unknown {
  if (!isRecord(value)) {
    errors.push(typeInvalid(path, value, `must be a mapping, not ${describe(value)}`))
    return value
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, decodeValue(type, item ?? zero(type), [...path, key], errors)] as const,
  )
  return entries.every(([key, item]) => item === value[key]) ? value : Object.fromEntries(entries)
}

function decodeFields(type: string, value: unknown, path: FieldPath, errors: FieldError[]): unknown {
  if (!isRecord(value)) {
    errors.push(typeInvalid(path, value, `must be a mapping, not ${describe(value)}`))
    return value
  }
  const types = fieldsOf(type)
  const before = Object.entries(value)
  const missing = Object.entries(ZERO_VALUES[type] ?? {}).filter(([field]) => (value[field] ?? undefined) === undefined)
  const given = before.filter(([, item]) => item !== null && item !== undefined)
  const after = [...given, ...missing].map(([field, item]) => {
    const fieldType = types?.get(field)
    return [field, fieldType === undefined ? item : decodeValue(fieldType, item, [...path, field], errors)] as const
  })
  const same = after.length === before.length && after.every(([field, item]) => item === value[field])
  return same ? value : Object.fromEntries(after)
}

function scalarProblem(form: ScalarForm, value: unknown): string | undefined {
  switch (form) {
    case 'string':
    case 'date':
      return typeof value === 'string' ? undefined : `must be a text, not ${describe(value)}${quoteHint(value)}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `must be true or false, not ${describe(value)}`
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number'
        ? undefined
        : `must be a quantity such as 500m or 64Mi, not ${describe(value)}`
    case 'intOrString':
      return typeof value === 'string' ? undefined : integerProblem(value, 31, 'a number or a name')
    case 'number':
      return typeof value === 'number' ? undefined : `must be a number, not ${describe(value)}${unquoteHint(value)}`
    case 'int32':
      return integerProblem(value, 31, 'a number')
    case 'int64':
      return integerProblem(value, 53, 'a number')
    default:
      return undefined
  }
}

function integerProblem(value: unknown, bits: number, wanted: string): string | undefined {
  if (typeof value !== 'number') return `must be ${wanted}, not ${describe(value)}${unquoteHint(value)}`
  if (!Number.isInteger(value)) return `must be a whole number, not ${value}`
  return value >= -(2 ** bits) && value < 2 ** bits ? undefined : `${value} is out of range`
}

/** YAML reads `80` as a number and `true` as a boolean: the most common reason. */
function quoteHint(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' ? `: write it in quotes, "${value}"` : ''
}

function unquoteHint(value: unknown): string {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? `: write it without quotes, ${value}` : ''
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(value)}`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return String(value)
    default:
      return value === null || value === undefined ? 'nothing' : 'a mapping'
  }
}

/** What Go makes of a null inside a list or a map. */
function zero(type: FieldType): unknown {
  switch (type.form) {
    case 'list':
      return []
    case 'map':
    case 'object':
      return {}
    case 'boolean':
      return false
    case 'number':
    case 'int32':
    case 'int64':
      return 0
    default:
      return ''
  }
}

/** The fields that hold bytes: base64 on the wire. */
function findBadBase64(kind: Kind, object: JSONObject): readonly FieldError[] {
  const field = kind === 'Secret' ? 'data' : kind === 'ConfigMap' ? 'binaryData' : undefined
  const data = field === undefined ? undefined : object[field]
  if (field === undefined || !isRecord(data)) return []
  return Object.entries(data)
    .filter(([, text]) => typeof text === 'string' && !isBase64(text))
    .map(([key, text]) =>
      typeInvalid(
        [field, key],
        text,
        field === 'data'
          ? 'must be base64: plain text belongs in stringData'
          : 'must be base64: plain text belongs in data',
      ),
    )
}

function isBase64(text: string): boolean {
  const joined = text.replaceAll(/[\r\n]/g, '')
  return /^[A-Za-z0-9+/]*={0,2}$/.test(joined) && joined.length % 4 === 0
}

export function isRecord(value: unknown): value is JSONObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
