/** Who may have what several Service ports want: one address and port, one number, one shared element. */
import { OrderedMap } from '../../../lib/ordered-map.ts'
import type { ServicePortInfo } from '../../../model/resolve-services.ts'
import type { Fragment } from './fragment.ts'

/** A Service port's share of a table, before it is known which of the things it wants it gets. */
export interface Plan {
  readonly label: string
  /** Of two plans that want the same the one of the lower rank gets it. Seldom asked for. */
  readonly rank: string
  /** Each once. */
  readonly resources: readonly string[]
  build(owns: Owns): Fragment
}

/** Whether a plan has one of its resources. */
export type Owns = (resource: string) => boolean

/** By resource, the plans that want it, the one that has it first. */
export type Claims = OrderedMap<readonly Plan[]>

/** Of two Services that claim one address and port the older one has it, then the one whose name comes first. */
export function rankOf(info: ServicePortInfo): string {
  const { namespace, name, port, protocol } = info.name
  return [info.creationTimestamp ?? '', namespace, name, port, protocol].join(' ')
}

export interface ClaimChange {
  /** Claims that changed; empty lists where nobody is left. */
  readonly changed: ReadonlyMap<string, readonly Plan[]>
  /** Plans besides the added ones that gained or lost something. */
  readonly affected: ReadonlySet<Plan>
  /** Of the changed claims those that more than one plan wants or wanted. */
  readonly contested: ReadonlyMap<string, readonly Plan[]>
  /** What a plan has after the change. */
  readonly ownedBy: (plan: Plan) => Owns
}

export function changeClaims(claims: Claims, removed: ReadonlySet<Plan>, added: ReadonlySet<Plan>): ClaimChange {
  const changed = new Map<string, readonly Plan[]>()
  const claimants = (resource: string): readonly Plan[] =>
    changed.get(resource) ?? claims.get(resource)?.filter((plan) => !removed.has(plan)) ?? NOBODY
  for (const plan of removed) for (const resource of plan.resources) changed.set(resource, claimants(resource))
  for (const plan of added) {
    // One list for all that it alone wants, which is nearly all.
    const alone = [plan]
    for (const resource of plan.resources) {
      const others = claimants(resource)
      changed.set(resource, others.length === 0 ? alone : insert(others, plan))
    }
  }
  const affected = new Set<Plan>()
  const contested = new Map<string, readonly Plan[]>()
  const mayBeAffected = (plan: Plan | undefined): void => {
    if (plan !== undefined && !removed.has(plan) && !added.has(plan)) affected.add(plan)
  }
  // `for ... of` would make an array for each entry.
  changed.forEach((list, resource) => {
    const before = claims.get(resource) ?? NOBODY
    if (before.length > 1 || list.length > 1) contested.set(resource, list)
    if (before[0] === list[0]) return
    mayBeAffected(before[0])
    mayBeAffected(list[0])
  })
  const isFree = claims.isEmpty && contested.size === 0
  const ownerOf = (resource: string): Plan | undefined => (changed.get(resource) ?? claims.get(resource))?.[0]
  const ownedBy = (plan: Plan): Owns => (isFree ? ALL : (resource) => ownerOf(resource) === plan)
  return { changed, affected, contested, ownedBy }
}

const NOBODY: readonly Plan[] = []
const ALL: Owns = () => true

function insert(list: readonly Plan[], plan: Plan): readonly Plan[] {
  const { rank } = plan
  const before = list.filter((other) => other.rank <= rank)
  return [...before, plan, ...list.filter((other) => other.rank > rank)]
}
