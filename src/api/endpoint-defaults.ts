import type { Endpoints } from './core.ts'
import type { EndpointSlice } from './discovery.ts'

export function setDefaultsEndpointSlice(slice: EndpointSlice): EndpointSlice {
  return {
    ...slice,
    ...(slice.ports === undefined
      ? {}
      : { ports: slice.ports.map((port) => ({ ...port, name: port.name ?? '', protocol: port.protocol || 'TCP' })) }),
  }
}

export function setDefaultsEndpoints(endpoints: Endpoints): Endpoints {
  const { subsets } = endpoints
  if (subsets === undefined) return endpoints
  return {
    ...endpoints,
    subsets: subsets.map((subset) =>
      subset.ports === undefined
        ? subset
        : { ...subset, ports: subset.ports.map((port) => ({ ...port, protocol: port.protocol || 'TCP' })) },
    ),
  }
}
