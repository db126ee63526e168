/**
 * An immutable map from strings, in order of its keys. `set` and `delete` share all but O(log n) nodes with the map they
 * came from, so that a snapshot costs nothing and `changes(a, b)` costs what differs, not what is there.
 *
 * A treap whose priorities are hashes of the keys: equal contents have equal shapes, whatever the order of insertion.
 */
interface TreeNode<V> {
  readonly key: string
  readonly value: V
  readonly priority: number
  readonly size: number
  readonly left: Tree<V>
  readonly right: Tree<V>
}

type Tree<V> = TreeNode<V> | undefined

interface Later<V> {
  readonly make: () => Tree<V>
  readonly values: () => readonly V[]
}

export interface MapChange<V> {
  readonly key: string
  readonly before: V | undefined
  readonly after: V | undefined
}

export class OrderedMap<V> {
  #made: Tree<V>
  /** What the tree is to be made of. */
  #later: Later<V> | undefined

  private constructor(made: Tree<V>, later?: Later<V>) {
    this.#made = made
    this.#later = later
  }

  get #root(): Tree<V> {
    if (this.#later !== undefined) {
      this.#made = this.#later.make()
      this.#later = undefined
    }
    return this.#made
  }

  static empty<V>(): OrderedMap<V> {
    return new OrderedMap<V>(undefined)
  }

  /** Of several entries with one key the last one counts. */
  static from<V>(entries: Iterable<readonly [string, V]>): OrderedMap<V> {
    return new OrderedMap(build([...entries].map(([key, value]) => leaf(key, value))))
  }

  /** As `from`, of values that know their keys. */
  static by<V>(values: readonly V[], keyOf: (value: V) => string): OrderedMap<V> {
    return new OrderedMap(build(values.map((value) => leaf(keyOf(value), value))))
  }

  /**
   * As `by`, of values of which no two have the same key. The tree is made when something is looked up, or by `settle`: it
   * costs more than all else where a large map is made only to be read as a whole.
   */
  static later<V>(values: readonly V[], keyOf: (value: V) => string): OrderedMap<V> {
    const make = (): Tree<V> => build(values.map((value) => leaf(keyOf(value), value)))
    return values.length === 0 ? OrderedMap.empty() : new OrderedMap<V>(undefined, { make, values: () => values })
  }

  /** As `later`, of entries. */
  static fromLater<V>(entries: ReadonlyMap<string, V>): OrderedMap<V> {
    const make = (): Tree<V> => OrderedMap.from(entries).#root
    const values = (): readonly V[] => [...entries.values()]
    return entries.size === 0 ? OrderedMap.empty() : new OrderedMap<V>(undefined, { make, values })
  }

  /** Makes the tree where that was put off. */
  settle(): void {
    void this.#root
  }

  get isEmpty(): boolean {
    return this.#later === undefined && this.#made === undefined
  }

  /** All values in any order: makes no tree. */
  valuesInAnyOrder(): readonly V[] {
    return this.#later?.values() ?? this.toValues()
  }

  get size(): number {
    return this.#later?.values().length ?? this.#made?.size ?? 0
  }

  get(key: string): V | undefined {
    let node = this.#root
    while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right
    return node?.value
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  /** The same map where `value` is already there. */
  set(key: string, value: V): OrderedMap<V> {
    return this.get(key) === value ? this : new OrderedMap(insert(this.#root, key, value))
  }

  delete(key: string): OrderedMap<V> {
    return this.has(key) ? new OrderedMap(remove(this.#root, key)) : this
  }

  *entries(): Generator<readonly [string, V]> {
    yield* walk(this.#root)
  }

  [Symbol.iterator](): Generator<readonly [string, V]> {
    return this.entries()
  }

  *keys(): Generator<string> {
    for (const [key] of this) yield key
  }

  *values(): Generator<V> {
    for (const [, value] of this) yield value
  }

  /** All values in order of their keys: faster than `values()` where all are wanted. */
  toValues(): readonly V[] {
    const values: V[] = []
    visit(this.#root, ({ value }) => void values.push(value))
    return values
  }

  /** Entries whose key starts with `prefix`, in order. */
  *withPrefix(prefix: string): Generator<readonly [string, V]> {
    for (const entry of walkFrom(this.#root, prefix)) {
      if (!entry[0].startsWith(prefix)) return
      yield entry
    }
  }

  /** What turns this map into `next`, in order of keys. Values are compared by identity. */
  changes(next: OrderedMap<V>): readonly MapChange<V>[] {
    const out: MapChange<V>[] = []
    compare(this.#root, next.#root, out)
    return out
  }
}

function node<V>(key: string, value: V, priority: number, left: Tree<V>, right: Tree<V>): TreeNode<V> {
  return { key, value, priority, size: 1 + (left?.size ?? 0) + (right?.size ?? 0), left, right }
}

/** FNV-1a, mixed once more so that neighbouring keys get distant priorities. 31 bits: V8 keeps those inside the node. */
function hash(key: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 1
}

/** A node while a tree is built. */
type Leaf<V> = { -readonly [K in keyof TreeNode<V>]: TreeNode<V>[K] }

function leaf<V>(key: string, value: V): Leaf<V> {
  return { key, value, priority: hash(key), size: 1, left: undefined, right: undefined }
}

/** Each key once, in order. */
function inOrder<V>(leaves: readonly Leaf<V>[]): readonly Leaf<V>[] {
  if (leaves.every(({ key }, i) => i === 0 || (leaves[i - 1]?.key ?? '') < key)) return leaves
  const sorted = leaves.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  return sorted.filter(({ key }, i) => sorted[i + 1]?.key !== key)
}

/**
 * Linear but for the sort. The spine is what a greater key may still go above or below of, from the root along the right:
 * each node joins it once and leaves it once.
 */
function build<V>(leaves: readonly Leaf<V>[]): Tree<V> {
  const spine: Leaf<V>[] = []
  for (const next of inOrder(leaves)) {
    next.left = closeBelow(spine, next.priority)
    spine.push(next)
  }
  return closeBelow(spine, Infinity)
}

/** Takes those of a lower priority off the spine's end; gives back the uppermost, now finished. */
function closeBelow<V>(spine: Leaf<V>[], priority: number): Tree<V> {
  let closed: Tree<V>
  for (let last = spine.at(-1); last !== undefined && last.priority < priority; last = spine.at(-1)) {
    last.right = closed
    last.size = 1 + (last.left?.size ?? 0) + (closed?.size ?? 0)
    closed = last
    spine.pop()
  }
  return closed
}

/** Whether (priority, key) of a ranks above b's: the key settles equal hashes. */
function above<V>(a: TreeNode<V>, priority: number, key: string): boolean {
  return a.priority > priority || (a.priority === priority && a.key < key)
}

function insert<V>(tree: Tree<V>, key: string, value: V, priority: number = hash(key)): TreeNode<V> {
  if (tree === undefined) return node(key, value, priority, undefined, undefined)
  if (tree.key === key) return node(key, value, priority, tree.left, tree.right)
  if (above(tree, priority, key)) {
    return key < tree.key
      ? node(tree.key, tree.value, tree.priority, insert(tree.left, key, value, priority), tree.right)
      : node(tree.key, tree.value, tree.priority, tree.left, insert(tree.right, key, value, priority))
  }
  const [left, , right] = split(tree, key)
  return node(key, value, priority, left, right)
}

function remove<V>(tree: Tree<V>, key: string): Tree<V> {
  if (tree === undefined) return undefined
  if (key === tree.key) return merge(tree.left, tree.right)
  return key < tree.key
    ? node(tree.key, tree.value, tree.priority, remove(tree.left, key), tree.right)
    : node(tree.key, tree.value, tree.priority, tree.left, remove(tree.right, key))
}

function merge<V>(left: Tree<V>, right: Tree<V>): Tree<V> {
  if (left === undefined) return right
  if (right === undefined) return left
  return above(left, right.priority, right.key)
    ? node(left.key, left.value, left.priority, left.left, merge(left.right, right))
    : node(right.key, right.value, right.priority, merge(left, right.left), right.right)
}

/** Below `key`, at `key`, above `key`. */
function split<V>(tree: Tree<V>, key: string): readonly [Tree<V>, TreeNode<V> | undefined, Tree<V>] {
  if (tree === undefined) return [undefined, undefined, undefined]
  if (tree.key === key) return [tree.left, tree, tree.right]
  if (key < tree.key) {
    const [low, at, high] = split(tree.left, key)
    return [low, at, node(tree.key, tree.value, tree.priority, high, tree.right)]
  }
  const [low, at, high] = split(tree.right, key)
  return [node(tree.key, tree.value, tree.priority, tree.left, low), at, high]
}

function visit<V>(tree: Tree<V>, each: (node: TreeNode<V>) => void): void {
  for (let at = tree; at !== undefined; at = at.right) {
    visit(at.left, each)
    each(at)
  }
}

function* walk<V>(tree: Tree<V>): Generator<readonly [string, V]> {
  const path: TreeNode<V>[] = []
  let next = tree
  while (next !== undefined || path.length > 0) {
    while (next !== undefined) {
      path.push(next)
      next = next.left
    }
    const at = path.pop() as TreeNode<V>
    yield [at.key, at.value]
    next = at.right
  }
}

function* walkFrom<V>(tree: Tree<V>, key: string): Generator<readonly [string, V]> {
  if (tree === undefined) return
  if (tree.key >= key) {
    yield* walkFrom(tree.left, key)
    yield [tree.key, tree.value]
    yield* walk(tree.right)
  } else {
    yield* walkFrom(tree.right, key)
  }
}

function compare<V>(a: Tree<V>, b: Tree<V>, out: MapChange<V>[]): void {
  if (a === b) return
  if (a === undefined) return visit(b, ({ key, value }) => report(key, undefined, value, out))
  if (b === undefined) return visit(a, ({ key, value }) => report(key, value, undefined, out))
  if (!above(a, b.priority, b.key) && a.key !== b.key) {
    const [low, at, high] = split(a, b.key)
    compare(low, b.left, out)
    report(b.key, at?.value, b.value, out)
    compare(high, b.right, out)
    return
  }
  const [low, at, high] = split(b, a.key)
  compare(a.left, low, out)
  report(a.key, a.value, at?.value, out)
  compare(a.right, high, out)
}

function report<V>(key: string, before: V | undefined, after: V | undefined, out: MapChange<V>[]): void {
  if (before !== after) out.push({ key, before, after })
}
