/** Protobuf bodies, as `kubectl create deployment` and typed Go clients send them, to the object that JSON would hold. */
import { badRequest } from '../failures.ts'
import { OTHER_VERSIONS } from '../other-versions.ts'
import { ProtobufError, readFields, type WireValue } from './reader.ts'
import { protobufFields, type ProtobufField } from './schema.ts'

const MAGIC = Buffer.from('k8s\0')
const MAXIMUM_DEPTH = 40

/** The object in the envelope `k8s\0` + Unknown. Throws a Refusal where it holds what is not known here. */
export function decodeProtobuf(body: Buffer): unknown {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC))
    throw badRequest("the body does not begin as Kubernetes' protobuf does")
  try {
    return decodeEnvelope(body.subarray(MAGIC.length))
  } catch (error) {
    if (error instanceof ProtobufError) throw badRequest(`the protobuf body cannot be read: ${error.message}`)
    throw error
  }
}

function decodeEnvelope(body: Buffer): unknown {
  const envelope = readFields(body)
  const typeMeta = readFields(bytesOf(envelope, 1))
  const [apiVersion, kind] = [bytesOf(typeMeta, 1).toString(), bytesOf(typeMeta, 2).toString()]
  const other = OTHER_VERSIONS.find((version) => version.apiVersion === apiVersion && version.kind === kind)
  const message = other?.type ?? kind
  if (protobufFields(message) === undefined) throw new ProtobufError(`${kind} is not known in this form: send JSON`)
  const object = decodeMessage(message, bytesOf(envelope, 2), 0)
  return { apiVersion, kind, ...object }
}

function bytesOf(values: readonly WireValue[], number: number): Buffer {
  const found = values.find((value) => value.number === number)
  return found?.form === 'bytes' ? found.value : Buffer.alloc(0)
}

type JSONObject = Record<string, unknown>

function decodeMessage(message: string, bytes: Buffer, depth: number): JSONObject {
  if (depth > MAXIMUM_DEPTH) throw new ProtobufError('messages are nested too deeply')
  const fields = protobufFields(message)
  const object: JSONObject = {}
  for (const wire of readFields(bytes)) {
    const field = fields?.get(wire.number)
    if (field === undefined) {
      if (isZero(wire)) continue
      throw new ProtobufError(`field ${wire.number} of ${message} is not known in this form: send JSON`)
    }
    addField(object, field, wire, depth)
  }
  return object
}

/** Go writes empty values of fields that are no pointers. */
function isZero(wire: WireValue): boolean {
  return wire.form === 'varint' ? wire.value === 0n : wire.value.length === 0
}

function addField(object: JSONObject, field: ProtobufField, wire: WireValue, depth: number): void {
  const { name, form, type, isPointer } = field
  if (form === 'map') {
    const [key, value] = decodeEntry(type, wire, depth)
    object[name] = { ...(object[name] as JSONObject | undefined), [key]: value }
    return
  }
  const value = decodeValue(type, wire, depth)
  if (form === 'list') object[name] = [...((object[name] as unknown[] | undefined) ?? []), value]
  else if (name === '@') Object.assign(object, value)
  else if (isPointer || !isEmpty(value)) object[name] = value
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0
  return value === '' || value === 0 || value === false || value === undefined
}

function decodeEntry(type: string, wire: WireValue, depth: number): readonly [string, unknown] {
  const entry = readFields(contents(wire))
  const value: WireValue = entry.find(({ number }) => number === 2) ?? {
    number: 2,
    form: 'bytes',
    value: Buffer.alloc(0),
  }
  return [bytesOf(entry, 1).toString(), decodeValue(type, value, depth)]
}

function decodeValue(type: string, wire: WireValue, depth: number): unknown {
  switch (type) {
    case 'string':
      return contents(wire).toString('utf8')
    case 'bytes':
      return contents(wire).toString('base64')
    case 'int':
      return Number(BigInt.asIntN(64, number(wire)))
    case 'bool':
      return number(wire) !== 0n
    case 'quantity':
      return bytesOf(readFields(contents(wire)), 1).toString('utf8')
    case 'json':
      return decodeJSON(contents(wire))
    case 'time':
      return decodeTime(contents(wire), '')
    case 'microTime':
      return decodeTime(contents(wire), microseconds(contents(wire)))
    case 'intOrString':
      return decodeIntOrString(contents(wire))
    default:
      return decodeMessage(type, contents(wire), depth + 1)
  }
}

/** { raw = 1 }: what is an object in JSON. */
function decodeJSON(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytesOf(readFields(bytes), 1).toString('utf8')) as unknown
  } catch {
    throw new ProtobufError('managedFields hold no JSON')
  }
}

/** { seconds = 1, nanos = 2 }; empty: no time. */
function decodeTime(bytes: Buffer, fraction: string): string | undefined {
  const seconds = readFields(bytes).find((value) => value.number === 1)
  if (seconds?.form !== 'varint') return undefined
  return `${new Date(Number(BigInt.asIntN(64, seconds.value)) * 1000).toISOString().slice(0, 19)}${fraction}Z`
}

/** Always six digits: Go clients read no others where they expect these. */
function microseconds(bytes: Buffer): string {
  const nanos = readFields(bytes).find((value) => value.number === 2)
  const count = nanos?.form === 'varint' ? Number(BigInt.asIntN(32, nanos.value)) : 0
  return `.${String(Math.floor(count / 1000)).padStart(6, '0')}`
}

/** { type = 1, intVal = 2, strVal = 3 } */
function decodeIntOrString(bytes: Buffer): number | string {
  const values = readFields(bytes)
  const isText = values.some((value) => value.number === 1 && value.form === 'varint' && value.value === 1n)
  if (isText) return bytesOf(values, 3).toString('utf8')
  const found = values.find((value) => value.number === 2)
  return found?.form === 'varint' ? Number(BigInt.asIntN(64, found.value)) : 0
}

function contents(wire: WireValue): Buffer {
  if (wire.form !== 'bytes') throw new ProtobufError(`field ${wire.number} has an unexpected form`)
  return wire.value
}

function number(wire: WireValue): bigint {
  if (wire.form !== 'varint') throw new ProtobufError(`field ${wire.number} has an unexpected form`)
  return wire.value
}
