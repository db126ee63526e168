/** For tests: a body as typed Go clients send it, from the object that JSON would hold. */
import { isRecord } from '../../src/api/decode.ts'
import { OTHER_VERSIONS } from '../../src/apiserver/http/other-versions.ts'
import { protobufFields, type ProtobufField } from '../../src/apiserver/http/protobuf/schema.ts'

/** Throws where the server's schema lacks the kind or a field. */
export function encodeProtobuf({ apiVersion, kind, ...object }: Readonly<Record<string, unknown>>): Buffer {
  const typeMeta = [part(1, String(apiVersion)), part(2, String(kind))]
  const other = OTHER_VERSIONS.find((version) => version.apiVersion === apiVersion && version.kind === kind)
  const message = encodeMessage(other?.type ?? String(kind), object)
  return Buffer.concat([Buffer.from('k8s\0'), part(1, ...typeMeta), part(2, message)])
}

function encodeMessage(message: string, object: Readonly<Record<string, unknown>>): Buffer {
  const fields = [...(protobufFields(message) ?? [])]
  if (fields.length === 0) throw new Error(`${message} has no schema`)
  const left = new Set(Object.keys(object))
  const parts = fields.flatMap(([number, field]) => {
    if (field.name === '@') {
      const inner = Object.fromEntries(Object.entries(object).filter(([name]) => hasField(field.type, name)))
      for (const name of Object.keys(inner)) left.delete(name)
      return Object.keys(inner).length === 0 ? [] : [part(number, encodeMessage(field.type, inner))]
    }
    left.delete(field.name)
    const value = object[field.name]
    return value === undefined || value === null ? [] : encodeField(number, field, value)
  })
  if (left.size > 0) throw new Error(`${message} has no field ${[...left].join(', ')}`)
  return Buffer.concat(parts)
}

function hasField(message: string, name: string): boolean {
  return [...(protobufFields(message) ?? [])].some(([, field]) =>
    field.name === '@' ? hasField(field.type, name) : field.name === name,
  )
}

function encodeField(number: number, { form, type }: ProtobufField, value: unknown): readonly Buffer[] {
  if (form === 'list' && Array.isArray(value)) return value.map((item: unknown) => encodeValue(number, type, item))
  if (form === 'map' && isRecord(value)) {
    return Object.entries(value).map(([key, item]) => part(number, part(1, key), encodeValue(2, type, item)))
  }
  return [encodeValue(number, type, value)]
}

function encodeValue(number: number, type: string, value: unknown): Buffer {
  switch (type) {
    case 'string':
      return part(number, String(value))
    case 'bytes':
      return part(number, Buffer.from(String(value), 'base64'))
    case 'int':
      return integer(number, Number(value))
    case 'bool':
      return integer(number, value === true ? 1 : 0)
    case 'quantity':
      return part(number, part(1, String(value)))
    case 'json':
      return part(number, part(1, JSON.stringify(value)))
    case 'time':
      return part(number, integer(1, Math.floor(Date.parse(String(value)) / 1000)))
    case 'microTime':
      return part(
        number,
        integer(1, Math.floor(Date.parse(String(value)) / 1000)),
        integer(2, nanoseconds(String(value))),
      )
    case 'intOrString':
      return typeof value === 'number'
        ? part(number, integer(1, 0), integer(2, value), part(3))
        : part(number, integer(1, 1), integer(2, 0), part(3, String(value)))
    default:
      if (!isRecord(value)) throw new Error(`${type} is no object`)
      return part(number, encodeMessage(type, value))
  }
}

function nanoseconds(time: string): number {
  return Number((/\.(\d+)Z$/.exec(time)?.[1] ?? '0').padEnd(9, '0'))
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)])
}

function part(field: number, ...contents: readonly (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(contents.map((content) => (typeof content === 'string' ? Buffer.from(content) : content)))
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes])
}
