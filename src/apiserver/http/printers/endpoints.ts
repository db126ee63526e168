import type { Endpoints } from '../../../api/core.ts'
import type { EndpointSlice } from '../../../api/discovery.ts'
import { ageOf, columns, firstThree, orNone, type Printer } from './printer.ts'

export const endpoints: Printer<Endpoints> = {
  columns: columns(['Name', 'Endpoints', 'Age']),
  cells: (object, now) => [object.metadata.name, addressesOf(object), ageOf(object.metadata.creationTimestamp, now)],
}

function addressesOf({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip)
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip}:${port}`))
  })
  return orNone(firstThree(all))
}

export const endpointslices: Printer<EndpointSlice> = {
  columns: columns(['Name', 'AddressType', 'Ports', 'Endpoints', 'Age']),
  cells: (slice, now) => [
    slice.metadata.name,
    slice.addressType,
    portsOf(slice),
    slice.endpoints.length === 0 ? '<unset>' : firstThree(slice.endpoints.flatMap(({ addresses }) => addresses)),
    ageOf(slice.metadata.creationTimestamp, now),
  ],
}

function portsOf({ ports = [] }: EndpointSlice): string {
  if (ports.length === 0) return '<unset>'
  return firstThree(ports.map(({ name = '', port }) => (port === undefined ? `*${name}` : String(port))))
}
