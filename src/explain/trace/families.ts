/** IP families of a connection, as far as manifests tell them. */
import { parseIP } from '../../lib/ip.ts'
import { listAt } from '../check/json.ts'
import type { To } from './places.ts'
import type { Plan, Way } from './plan.ts'
import type { World } from './world.ts'

export type Family = 'IPv4' | 'IPv6'

/** Of an address; undefined for a name. */
export function familyOf(host: string): Family | undefined {
  const family = parseIP(host)?.family
  return family === undefined ? undefined : family === 6 ? 'IPv6' : 'IPv4'
}

/**
 * Each way once for each family that the client may take: that of the address, or those of the Service. A running network
 * is asked instead.
 */
export function withFamilies(world: World, to: To, plan: Plan): Plan {
  if (world.mode === 'network') return plan
  const own = to.kind === 'host' ? familyOf(to.host) : undefined
  const families = own === undefined ? serviceFamilies(plan) : [own]
  if (families.length === 0) return plan
  const ways = plan.ways.flatMap((way): readonly Way[] =>
    families.map((family) => ({ ...way, family, share: way.share / families.length })),
  )
  return { ...plan, ways }
}

function serviceFamilies({ route: { target } }: Plan): readonly Family[] {
  if (target?.kind !== 'service') return []
  return listAt(target.service.spec, 'ipFamilies').filter((family) => family === 'IPv4' || family === 'IPv6')
}
