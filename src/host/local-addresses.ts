/** The addresses of the machine that this process runs on, in its network namespace. */
import { networkInterfaces } from 'node:os'
import { openEvents, ROUTE_GROUP } from './netlink-events.ts'

/** Of interfaces that are up, without loopback. */
export function localAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ internal }) => !internal).map(({ address }) => address)
}

/** Calls `onChange` when an address comes or goes; the result ends it. Throws where the kernel refuses. */
export function watchLocalAddresses(onChange: () => void): () => void {
  const events = openEvents(undefined, { each: () => undefined, afterwards: onChange }, 'route')
  events.join(ROUTE_GROUP.addresses4)
  events.join(ROUTE_GROUP.addresses6)
  return events.close
}
