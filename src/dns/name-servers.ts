import type { IP } from '../lib/ip.ts'
import { addressData, type AddressData } from './records.ts'
import { addressKey } from './reverse.ts'
import type { Zone } from './zone.ts'

/** A server of the zone: its name in front of the cluster domain, and the addresses of that name. */
export interface NameServer {
  readonly name: string
  readonly addresses: readonly AddressData[]
}

function isLoopback(ip: IP): boolean {
  return ip.family === 4 ? ip.value >> 24n === 127n : ip.value === 1n
}

/** The names of the Services that lead to the server's addresses. */
function servicesOf(zone: Zone, ip: IP): readonly NameServer[] {
  return [...zone.pointers.withPrefix(`${addressKey(ip)}/`)].flatMap(([key, fronts]) => {
    const [, kind = '', namespace = '', service = ''] = key.split('/')
    const records = zone.services.get(`${namespace}/${service}`)
    const names = kind === 'e' && records?.headless === true ? fronts : ['']
    return names.map((front) => {
      const { a = [], aaaa = [] } = records?.names.get(front) ?? {}
      const name = `${front}${front === '' ? '' : '.'}${service}.${namespace}.svc`
      return { name, addresses: [...a, ...aaaa] }
    })
  })
}

/** Services that select the server's own address; else `ns.dns` with the addresses it is bound to; none on loopback only. */
export function nameServers(zone: Zone): readonly NameServer[] {
  const reachable = zone.config.serverAddresses.filter((ip) => !isLoopback(ip))
  const services = new Map(reachable.flatMap((ip) => servicesOf(zone, ip)).map((server) => [server.name, server]))
  if (services.size > 0) return [...services.values()]
  return reachable.length === 0 ? [] : [{ name: 'ns.dns', addresses: reachable.map(addressData) }]
}

/** The addresses of `ns.dns`. */
export function nameServerAddresses(zone: Zone): readonly AddressData[] {
  const all = nameServers(zone).flatMap(({ addresses }) => addresses)
  return [...new Map(all.map((data) => [data.address.join('.'), data])).values()]
}
