/** Two Services that want one address and port: who has it, and what the other is told. */
import type { Claims, Plan } from './backends/nftables/claims.ts'

export interface Conflict {
  /** Keys of the Service that does not get it, and of the one that has it. */
  readonly service: string
  readonly owner: string
  readonly message: string
}

/** Each once, in order of the frontends. `contested`: the one that has it first. */
export function conflictsOf(contested: Claims): readonly Conflict[] {
  return [...contested].flatMap(([resource, [winner, ...losers]]) =>
    winner === undefined ? [] : losers.flatMap((loser) => conflictBetween(frontendText(resource), winner, loser)),
  )
}

function conflictBetween(frontend: string, winner: Plan, loser: Plan): readonly Conflict[] {
  const [owner, service] = [serviceOf(winner), serviceOf(loser)]
  if (owner === service) return []
  const why = isOlder(winner, loser) ? 'is older' : 'is as old, and first by name'
  return [
    { service, owner, message: `${frontend} is Service ${owner}'s, which ${why}: no connection to it comes here` },
  ]
}

function serviceOf({ label }: Plan): string {
  return label.split('/', 2).join('/')
}

/** The rank begins with the time of creation, which holds no blank. */
function isOlder(a: Plan, b: Plan): boolean {
  return a.rank.split(' ', 1)[0] !== b.rank.split(' ', 1)[0]
}

function frontendText(resource: string): string {
  const fields = resource.split(' . ')
  const [protocol = '', port = ''] = fields.slice(-2)
  const [address] = fields.length === 3 ? fields : []
  if (address === undefined) return `nodePort ${port}/${protocol.toUpperCase()}`
  return `${address.includes(':') ? `[${address}]` : address}:${port}/${protocol.toUpperCase()}`
}
