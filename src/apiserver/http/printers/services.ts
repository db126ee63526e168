import type { Service } from '../../../api/core.ts'
import { formatLabels } from '../../../model/selectors.ts'
import { ageOf, columns, orNone, type Printer } from './printer.ts'

export const services: Printer<Service> = {
  columns: columns(['Name', 'Type', 'Cluster-IP', 'External-IP', 'Port(s)', 'Age'], ['Selector']),
  cells: (service, now) => [
    service.metadata.name,
    service.spec.type ?? 'ClusterIP',
    orNone(service.spec.clusterIPs?.[0] ?? service.spec.clusterIP),
    externalIP(service),
    ports(service),
    ageOf(service.metadata.creationTimestamp, now),
    orNone(formatLabels(service.spec.selector ?? {})),
  ],
}

function externalIP({ spec, status }: Service): string {
  const externalIPs = spec.externalIPs ?? []
  if (spec.type === 'ExternalName') return orNone(spec.externalName)
  if (spec.type !== 'LoadBalancer') return orNone(externalIPs.join(','))
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname ?? '')
  const all = [...ingress.toSorted(), ...externalIPs]
  return all.length > 0 ? all.join(',') : '<pending>'
}

function ports({ spec }: Service): string {
  const texts = (spec.ports ?? []).map(({ port, nodePort = 0, protocol = 'TCP' }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return orNone(texts.join(','))
}
