import { OrderedMap } from '../../lib/ordered-map.ts'

/**
 * The way from one map to another by changing at most `most` entries at a time; the last one is `after` itself. What is
 * new or changed comes before what goes: an address that is given on always belongs to one of both.
 */
export function* inSteps<V>(before: OrderedMap<V>, after: OrderedMap<V>, most: number): Generator<OrderedMap<V>> {
  const changes = before.changes(after)
  const ordered = [...changes.filter((change) => change.after !== undefined), ...changes.filter(isRemoval)]
  let map = before
  for (let from = 0; from + most < ordered.length; from += most) {
    for (const { key, after: value } of ordered.slice(from, from + most)) {
      map = value === undefined ? map.delete(key) : map.set(key, value)
    }
    yield map
  }
  yield after
}

function isRemoval(change: { readonly after: unknown }): boolean {
  return change.after === undefined
}
