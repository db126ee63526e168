import type { KubernetesObject } from '../../api/meta.ts'

/** Compares names as people count: `node-2` comes before `node-10`. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = comparePart(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length || compareText(a, b)
}

function parts(name: string): readonly string[] {
  return name.match(/\d+|\D+/g) ?? []
}

function comparePart(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)]
  return Number.isNaN(x) || Number.isNaN(y) ? compareText(a, b) : x - y
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** By creation; what was created in the same second stays as it is. RFC 3339 in UTC sorts as text. */
export function olderFirst(a: KubernetesObject, b: KubernetesObject): number {
  return compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '')
}
