/** OpenAPI v3, as much as kubectl reads: which kinds take `fieldValidation`, and the fields of each type for `explain`. */
import { fieldsOf, type FieldType } from '../../api/field-table.ts'
import { KINDS } from '../../api/kinds.ts'
import { KUBERNETES_VERSION } from '../../api/version.ts'
import { describe } from './field-descriptions.ts'
import { mergeRule } from './merge-keys.ts'
import { SERVED_KINDS, type ServedKind } from './resource-names.ts'

const PATCHES = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]
const INFO = { title: 'Kubernetes', version: KUBERNETES_VERSION }

/** `/openapi/v3` and the documents that it lists; undefined for other paths. */
export function openApiDocument(pathname: string): unknown {
  const groups = new Set(SERVED_KINDS.map(groupPath))
  if (pathname === '/openapi/v3') {
    const paths = [...groups].map((path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${INFO.version}` }])
    return { paths: Object.fromEntries(paths) }
  }
  if (pathname === '/openapi/v2') return { swagger: '2.0', info: INFO, paths: {}, definitions: {} }
  const path = pathname.replace('/openapi/v3/', '')
  return pathname.startsWith('/openapi/v3/') && groups.has(path) ? groupDocument(path) : undefined
}

export const OPENAPI_V2_PROTOBUF: string = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'

/**
 * A document without any type. kubectl 1.28 and older read no other form, and later ones read it for kinds that version
 * 3 does not list: both then leave it to the server to validate.
 */
export function openApiV2(): Buffer {
  const text = (number: number, value: string): Buffer => field(number, Buffer.from(value))
  const info = Buffer.concat([text(1, INFO.title), text(2, INFO.version)])
  return Buffer.concat([text(1, '2.0'), field(2, info), field(8, Buffer.alloc(0)), field(9, Buffer.alloc(0))])
}

/** Of protobuf: number and wire type 2, the length (below 128), the bytes. */
function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}

function groupPath({ apiVersion }: ServedKind): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
}

function groupDocument(path: string): unknown {
  const kinds = SERVED_KINDS.filter((served) => groupPath(served) === path)
  const paths = kinds.map((served) => [pathOf(path, served), operations(served)])
  const schemas: Record<string, unknown> = {}
  for (const { type } of kinds) addSchema(type, schemas)
  return { openapi: '3.0.0', info: INFO, paths: Object.fromEntries(paths), components: { schemas } }
}

function pathOf(path: string, { kind }: ServedKind): string {
  const { plural, namespaced } = KINDS[kind]
  return `/${path}/${namespaced ? 'namespaces/{namespace}/' : ''}${plural}/{name}`
}

function groupVersionKind({ group, version, kind }: ServedKind): unknown {
  return { group, version, kind }
}

function operations(served: ServedKind): unknown {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
    name,
    in: 'query',
    schema: { type: 'string', uniqueItems: true },
  }))
  const schema = { $ref: referenceTo(served.type) }
  const content = Object.fromEntries(PATCHES.map((type) => [type, { schema: { type: 'object' } }]))
  const responses = { 200: { description: 'OK', content: { 'application/json': { schema } } } }
  const marks = { 'x-kubernetes-group-version-kind': groupVersionKind(served), responses }
  return {
    get: { ...marks, 'x-kubernetes-action': 'get' },
    put: { ...marks, 'x-kubernetes-action': 'put', parameters, requestBody: { content: { '*/*': { schema } } } },
    patch: { ...marks, 'x-kubernetes-action': 'patch', parameters, requestBody: { content, required: true } },
  }
}

/** Names of schemas are only looked up by their references. */
function referenceTo(type: string): string {
  return `#/components/schemas/${type}`
}

/** The type's schema and those of all types that it mentions. */
function addSchema(type: string, schemas: Record<string, unknown>): void {
  if (Object.hasOwn(schemas, type)) return
  const fields = fieldsOf(type)
  const served = SERVED_KINDS.find((candidate) => candidate.type === type)
  const marks = served === undefined ? {} : { 'x-kubernetes-group-version-kind': [groupVersionKind(served)] }
  const text = describe(type)
  const own = { type: 'object', ...(text !== undefined && { description: text }), ...marks }
  schemas[type] = own
  const properties = [...(fields ?? [])].map(([name, field]) => [name, propertyOf(type, name, field, schemas)])
  schemas[type] = { ...own, properties: Object.fromEntries(properties) }
}

function propertyOf(type: string, name: string, field: FieldType, schemas: Record<string, unknown>): unknown {
  const [rule, text] = [mergeRule(type, name), describe(type, name)]
  const marks = {
    ...(text !== undefined && { description: text }),
    ...(rule === undefined ? {} : { 'x-kubernetes-patch-strategy': rule.strategy }),
    ...(rule?.mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': rule.mergeKey }),
  }
  return { ...(schemaOf(field, schemas) as object), ...marks }
}

const SCALARS: Readonly<Record<string, object>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number' },
  date: { type: 'string', format: 'date-time' },
  any: { type: 'object' },
}

function schemaOf(field: FieldType, schemas: Record<string, unknown>): unknown {
  switch (field.form) {
    case 'list':
      return { type: 'array', items: schemaOf(field.of, schemas) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(field.of, schemas) }
    case 'object':
      addSchema(field.type, schemas)
      return { allOf: [{ $ref: referenceTo(field.type) }] }
    case 'quantity':
    case 'intOrString': {
      const name = field.form === 'quantity' ? 'Quantity' : 'IntOrString'
      schemas[name] = {
        oneOf: [{ type: 'integer' }, { type: 'string' }],
        format: field.form === 'quantity' ? 'quantity' : 'int-or-string',
      }
      return { allOf: [{ $ref: referenceTo(name) }] }
    }
    default:
      return SCALARS[field.form] ?? {}
  }
}
