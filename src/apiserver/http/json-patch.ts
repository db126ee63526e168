/** RFC 6902, with Kubernetes' words where an operation cannot be done. */
import { isRecord } from '../../api/decode.ts'
import { equalJSON } from '../../api/merge-patch.ts'
import { badRequest, failureStatus, Refusal } from './failures.ts'

/** As Kubernetes: more operations are refused. */
const MAXIMUM_OPERATIONS = 10_000

/** The document after all operations. Throws a Refusal where one of them cannot be done; `document` stays as it is. */
export function applyJSONPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations')
  if (patch.length > MAXIMUM_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MAXIMUM_OPERATIONS}, got ${patch.length}`
    throw new Refusal(failureStatus(413, 'RequestEntityTooLarge', message))
  }
  return patch.reduce((current: unknown, operation: unknown) => applyOperation(current, operation), document)
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (!isRecord(operation)) throw badRequest('an operation of a JSON patch must be an object')
  const path = pointer(operation['path'])
  const { value } = operation
  switch (operation['op']) {
    case 'add':
      return edit(document, path, (parent, key) => insert(parent, key, value), value)
    case 'remove':
      return edit(document, path, (parent, key) => remove(parent, key), undefined)
    case 'replace':
      return edit(document, path, (parent, key) => replace(parent, key, value), value)
    case 'move': {
      const from = pointer(operation['from'])
      const moved = find(document, from)
      const rest = edit(document, from, (parent, key) => remove(parent, key), undefined)
      return edit(rest, path, (parent, key) => insert(parent, key, moved), moved)
    }
    case 'copy': {
      const copied = find(document, pointer(operation['from']))
      return edit(document, path, (parent, key) => insert(parent, key, copied), copied)
    }
    case 'test':
      if (equalJSON(find(document, path) ?? null, value ?? null)) return document
      throw cannot(`testing path ${textOf(path)} failed: test failed`)
    default:
      throw badRequest(`Unexpected kind: ${JSON.stringify(operation['op'])}`)
  }
}

function cannot(message: string): Refusal {
  return new Refusal(
    failureStatus(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`),
  )
}

type Path = readonly string[]

const textOf = (path: Path): string => path.map((step) => `/${step}`).join('')

function pointer(text: unknown): Path {
  if (typeof text !== 'string' || (text !== '' && !text.startsWith('/'))) {
    throw badRequest(`${JSON.stringify(text)} is not a path of a JSON patch: it begins with /`)
  }
  return text
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The document with the parent of the path changed; `root` where the path is the document itself. */
function edit(
  document: unknown,
  path: Path,
  change: (parent: unknown, key: string) => unknown,
  root: unknown,
): unknown {
  const [first, ...rest] = path
  if (first === undefined) return root
  if (rest.length === 0) return change(document, first)
  const inner = edit(child(document, first), rest, change, root)
  return Array.isArray(document) ? document.with(existing(document, first), inner) : own(document, { [first]: inner })
}

function find(document: unknown, path: Path): unknown {
  return path.reduce(child, document)
}

function child(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[existing(parent, key)] as unknown
  if (isRecord(parent) && Object.hasOwn(parent, key)) return parent[key]
  throw cannot(`missing path ${JSON.stringify(key)}: missing value`)
}

function own(parent: unknown, fields: Readonly<Record<string, unknown>>): unknown {
  if (!isRecord(parent)) throw cannot('a path leads into a value that is no object')
  // Object.fromEntries makes `__proto__` a field like any other.
  return Object.fromEntries([...Object.entries(parent), ...Object.entries(fields)])
}

function insert(parent: unknown, key: string, value: unknown): unknown {
  if (!Array.isArray(parent)) return own(parent, Object.fromEntries([[key, value]]))
  return parent.toSpliced(key === '-' ? parent.length : indexIn(key, parent.length), 0, value)
}

function replace(parent: unknown, key: string, value: unknown): unknown {
  child(parent, key)
  return Array.isArray(parent)
    ? parent.with(existing(parent, key), value)
    : own(parent, Object.fromEntries([[key, value]]))
}

function remove(parent: unknown, key: string): unknown {
  child(parent, key)
  if (Array.isArray(parent)) return parent.toSpliced(existing(parent, key), 1)
  return isRecord(parent) ? Object.fromEntries(Object.entries(parent).filter(([field]) => field !== key)) : parent
}

function existing(list: readonly unknown[], key: string): number {
  return indexIn(key, list.length - 1)
}

function indexIn(key: string, last: number): number {
  const index = /^(0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1
  if (index < 0 || index > last) throw cannot(`invalid index ${JSON.stringify(key)}: out of bounds`)
  return index
}
