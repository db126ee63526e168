/** Words that several rules use. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { Path } from './json.ts'
import type { Workload } from './workload.ts'

interface Named {
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

const NAMELESS = '(without a name)'

/** `Service web`, outside the namespace `default` `Service shop/web`. */
export function nameOf({ kind, namespace, name }: Named): string {
  return `${kind} ${namespace === 'default' || namespace === '' ? '' : `${namespace}/`}${name || NAMELESS}`
}

/** `Ingress web`. */
export function titleOf({ kind, name, generateName }: ManifestObject): string {
  return `${kind} ${name ?? generateName ?? NAMELESS}`
}

/** `a`, `a and b`, `a, b and 3 more`. */
export function listText(texts: readonly string[], most = 3): string {
  if (texts.length > most) return `${texts.slice(0, most - 1).join(', ')} and ${texts.length - most + 1} more`
  const last = texts.at(-1) ?? ''
  return texts.length < 2 ? last : `${texts.slice(0, -1).join(', ')} and ${last}`
}

export function workloadsText(workloads: readonly Workload[]): string {
  return listText(workloads.map(nameOf))
}

/** `: did you mean "web"?`, or nothing. */
export function didYouMean(candidate: string | undefined): string {
  return candidate === undefined ? '' : `: did you mean "${candidate}"?`
}

/** `spec.ports[0]`. */
export function pathText(path: Path): string {
  return path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('')
}

/** What is added where the world is open. */
export const NOT_GIVEN = 'it may exist outside of what was given'
