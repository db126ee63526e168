import { OrderedMap } from '../../lib/ordered-map.ts'

/** How far a write came, and what did not go along: by key, with the reason. */
export interface Advance<V> {
  readonly reached: OrderedMap<V>
  readonly refused: ReadonlyMap<string, unknown>
}

/** So many refusals in one go are no fault of single entries. */
const MOST_REFUSED = 16

/**
 * Writes `to`. Where that is refused, finds the entries that are the reason by halving what differs from `from`, writes
 * the others, and leaves those as they were. Throws where even `from` is refused, or too much, or for a reason that
 * `isNobodysFault`.
 */
export function advanceAround<V>(
  from: OrderedMap<V>,
  to: OrderedMap<V>,
  write: (next: OrderedMap<V>) => void,
  isNobodysFault: (error: unknown) => boolean = () => false,
): Advance<V> {
  try {
    write(to)
    return { reached: to, refused: new Map() }
  } catch (error) {
    const keys = from.changes(to).map(({ key }) => key)
    if (keys.length === 0 || isNobodysFault(error)) throw error
    write(from)
    return halve(from, to, keys, write, error, isNobodysFault)
  }
}

function halve<V>(
  from: OrderedMap<V>,
  to: OrderedMap<V>,
  keys: readonly string[],
  write: (next: OrderedMap<V>) => void,
  reason: unknown,
  isNobodysFault: (error: unknown) => boolean,
): Advance<V> {
  let reached = from
  const refused = new Map<string, unknown>()
  const advance = (some: readonly string[], known?: unknown): void => {
    let failure = known
    if (failure === undefined) {
      const next = withEntries(reached, to, some)
      try {
        write(next)
        reached = next
        return
      } catch (error) {
        if (isNobodysFault(error)) throw error
        failure = error
      }
    }
    if (some.length > 1) {
      const middle = some.length >> 1
      advance(some.slice(0, middle))
      return advance(some.slice(middle))
    }
    refused.set(some[0] ?? '', failure)
    if (refused.size > MOST_REFUSED) throw failure
  }
  advance(keys, reason)
  return { reached, refused }
}

function withEntries<V>(map: OrderedMap<V>, source: OrderedMap<V>, keys: readonly string[]): OrderedMap<V> {
  let next = map
  for (const key of keys) {
    const value = source.get(key)
    next = value === undefined ? next.delete(key) : next.set(key, value)
  }
  return next
}
