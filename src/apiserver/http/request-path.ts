/** The parts of a path below /api and /apis. */
import { KINDS, type Kind } from '../../api/kinds.ts'
import type { OtherVersion } from './other-versions.ts'
import { kindOfResource, type ServedKind } from './resource-names.ts'

export interface ResourcePath {
  readonly kind: Kind
  /** Absent for the version in which the kind is stored. */
  readonly version?: OtherVersion
  /** Absent for kinds without namespace and for lists over all namespaces. */
  readonly namespace?: string
  readonly name?: string
  readonly subresource?: string
}

/** `/api/v1/namespaces/NS/pods/NAME/log` and its shorter forms; undefined for everything that is no served resource. */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const parts = decodedParts(pathname)
  if (parts === undefined) return undefined
  const [root, ...rest] = parts
  if (root !== 'api' && root !== 'apis') return undefined
  const apiVersion = root === 'api' ? rest[0] : rest.slice(0, 2).join('/')
  if (apiVersion === undefined || (root === 'api') === apiVersion.includes('/')) return undefined
  return resourceOf(apiVersion, rest.slice(root === 'api' ? 1 : 2))
}

function decodedParts(pathname: string): readonly string[] | undefined {
  try {
    const parts = pathname.replace(/^\//, '').replace(/\/$/, '').split('/').map(decodeURIComponent)
    return parts.some((part) => part === '' || part.includes('/')) ? undefined : parts
  } catch {
    // A percent sign without its two digits.
    return undefined
  }
}

function resourceOf(apiVersion: string, parts: readonly string[]): ResourcePath | undefined {
  const [first, namespace, plural] = parts
  const isNested = first === 'namespaces' && namespace !== undefined && plural !== undefined
  const nested = isNested ? kindOfResource(apiVersion, plural) : undefined
  if (nested !== undefined && namespace !== undefined) {
    return KINDS[nested.kind].namespaced ? tail(nested, parts.slice(3), namespace) : undefined
  }
  const kind = first === undefined ? undefined : kindOfResource(apiVersion, first)
  return kind === undefined ? undefined : tail(kind, parts.slice(1))
}

function tail({ kind, other }: ServedKind, parts: readonly string[], namespace?: string): ResourcePath | undefined {
  const [name, subresource, ...more] = parts
  if (more.length > 0 || (name !== undefined && KINDS[kind].namespaced && namespace === undefined)) return undefined
  return {
    kind,
    ...(other === undefined ? {} : { version: other }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  }
}
