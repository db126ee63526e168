import type { Server } from 'node:http'
import type { NetworkNamespace } from '../../host/namespaces.ts'
import { OrderedMap } from '../../lib/ordered-map.ts'
import { resolvedServices, type ServicePortInfo } from '../../model/resolve-services.ts'
import { healthAnswer, healthChecks, type HealthCheck } from '../../proxy/health-check.ts'
import { hostAndPort } from '../../lib/ip.ts'
import type { Consumer } from '../control-loop.ts'
import type { NodePlaces } from './flow-cleaner.ts'
import { listenIn } from './servers.ts'
import { NO_HEALTH_CHECK, type ServiceNotice } from './service-notices.ts'

interface Listener {
  readonly server: Server
  check: HealthCheck
}

type Services = ReturnType<typeof resolvedServices>

/** The few Services that have a healthCheckNodePort: a change of another one costs nothing. */
function createChecked(): { update(services: Services): boolean; infos(): readonly ServicePortInfo[] } {
  const checked = new Map<string, readonly ServicePortInfo[]>()
  let seen: Services = OrderedMap.empty()
  return {
    update(services) {
      const changes = seen.changes(services)
      seen = services
      const relevant = changes.filter(({ key, after = [] }) => {
        const infos = after.filter(({ healthCheckNodePort }) => healthCheckNodePort > 0)
        if (infos.length === 0) return checked.delete(key)
        checked.set(key, infos)
        return true
      })
      return relevant.length > 0
    },
    infos: () => [...checked.values()].flat(),
  }
}

export interface HealthCheckReactions {
  readonly onError: (error: unknown) => void
  /** The port of a Service cannot be opened. */
  readonly onNotice: (notice: ServiceNotice) => void
  /** Of the node of that name. */
  readonly isProxyHealthy?: (node: string) => boolean
}

interface Refusals {
  tell(key: string, check: HealthCheck, why: string): void
  forget(key: string): void
  keys(): ReadonlySet<string>
}

/** Ports that somebody else has. They are tried again at each change, and told of once. */
function createRefusals({ onError, onNotice }: HealthCheckReactions): Refusals {
  const refused = new Set<string>()
  return {
    tell(key, { port, service: { namespace, name } }, why) {
      if (refused.has(key)) return
      refused.add(key)
      const service = `${namespace}/${name}`
      const message = `healthCheckNodePort ${port} cannot be opened: ${why}`
      onError(new Error(`Service ${service}: ${message}`))
      onNotice({ service, reason: NO_HEALTH_CHECK, message })
    },
    forget: (key) => void refused.delete(key),
    keys: () => refused,
  }
}

/** The healthCheckNodePorts of every node: opened, moved and closed as the Services say. */
export function createHealthChecks(
  topology: NodePlaces,
  nodes: ReadonlyMap<string, NetworkNamespace>,
  reactions: HealthCheckReactions,
): Consumer {
  const { onError, isProxyHealthy = () => true } = reactions
  const listeners = new Map<string, Listener>()
  const checked = createChecked()
  const refusals = createRefusals(reactions)
  let places: NodePlaces['nodes'] | undefined

  function open(key: string, { name, address: host, check }: PlacedCheck): void {
    const { port } = check
    const server = listenIn(nodes.get(name), { host, port }, (_request, response) => {
      const { status, headers, body } = healthAnswer(listener.check, isProxyHealthy(name))
      response.writeHead(status, headers).end(body)
    })
    if (typeof server === 'string') return refusals.tell(key, check, `${hostAndPort(host, port)}: ${server}`)
    const listener: Listener = { check, server: server.on('error', onError) }
    refusals.forget(key)
    listeners.set(key, listener)
  }

  function close(key: string, { server }: Listener): void {
    server.close()
    server.closeAllConnections()
    listeners.delete(key)
  }

  return {
    name: 'health checks',
    sync(snapshot) {
      const resolved = resolvedServices(snapshot)
      const hasChanged = checked.update(resolved)
      if (!hasChanged && places === topology.nodes && refusals.keys().size === 0) return
      places = topology.nodes
      const services = checked.infos()
      const wanted = new Set<string>()
      for (const placed of checksOf(topology, services)) {
        const { name, address, check } = placed
        const key = `${name} ${address} ${check.port}`
        wanted.add(key)
        const listener = listeners.get(key)
        if (listener === undefined) open(key, placed)
        else listener.check = check
      }
      for (const [key, listener] of listeners) if (!wanted.has(key)) close(key, listener)
      for (const key of refusals.keys()) if (!wanted.has(key)) refusals.forget(key)
    },
  }
}

interface PlacedCheck {
  readonly name: string
  readonly address: string
  readonly check: HealthCheck
}

/** Of each node and each of its addresses. */
function checksOf({ nodes }: NodePlaces, services: readonly ServicePortInfo[]): readonly PlacedCheck[] {
  return nodes.flatMap(({ name, families }) =>
    families.flatMap(({ family, address }) => {
      const ofFamily = services.filter((info) => info.family === family)
      return healthChecks(ofFamily, name).map((check) => ({ name, address, check }))
    }),
  )
}
