import type { Service } from '../api/core.ts'
import { get, listIn, type Snapshot } from './snapshot.ts'

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')
const hostAndPort = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** What one Service with a ClusterIP adds to a container's environment: `FOO_SERVICE_HOST` and Docker's link variables. */
export function serviceVariables(service: Service): Readonly<Record<string, string>> {
  const { clusterIP = '', ports = [] } = service.spec
  const [first] = ports
  if (clusterIP === '' || clusterIP === 'None' || first === undefined) return {}
  const prefix = variableName(service.metadata.name)
  const variables: Record<string, string> = {
    [`${prefix}_SERVICE_HOST`]: clusterIP,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: `${(first.protocol ?? 'TCP').toLowerCase()}://${hostAndPort(clusterIP, first.port)}`,
  }
  for (const { name = '', port, protocol = 'TCP' } of ports) {
    if (name !== '') variables[`${prefix}_SERVICE_PORT_${variableName(name)}`] = String(port)
    const link = `${prefix}_PORT_${port}_${protocol}`
    variables[link] = `${protocol.toLowerCase()}://${hostAndPort(clusterIP, port)}`
    variables[`${link}_PROTO`] = protocol.toLowerCase()
    variables[`${link}_PORT`] = String(port)
    variables[`${link}_ADDR`] = clusterIP
  }
  return variables
}

/**
 * The Service variables of a Pod in `namespace`: its own namespace's Services where `enableServiceLinks` is set, and
 * `default/kubernetes` always; of two Services called `kubernetes` the namespace's own wins.
 */
export function serviceEnv(
  snapshot: Snapshot,
  namespace: string,
  enableServiceLinks: boolean,
): Readonly<Record<string, string>> {
  const apiServer = get(snapshot, 'Service', 'default/kubernetes')
  const linked = enableServiceLinks ? listIn(snapshot, 'Service', namespace) : []
  const own = linked.some(({ metadata }) => metadata.name === 'kubernetes')
  const services = apiServer === undefined || own ? linked : [...linked, apiServer]
  return Object.assign({}, ...services.map(serviceVariables))
}
