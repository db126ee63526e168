/** What is wrong with one port chain, in the codes and names of `portolan check`. */
import type { Service, ServicePort } from '../api/core.ts'
import { HEADLESS_LABEL, isHeadless } from './endpoints.ts'
import { targetPortOf } from './find-port.ts'
import { SERVICE_PROXY_NAME_LABEL } from './resolve-services.ts'
import { formatLabels, hasSelector } from './selectors.ts'

export interface ChainProblem {
  readonly code:
    | 'PTL201'
    | 'PTL208'
    | 'PTL301'
    | 'PTL303'
    | 'PTL305'
    | 'PTL507'
    | 'PTL901'
    | 'PTL902'
    | 'PTL903'
    | 'PTL904'
  readonly name: string
  /** `error`: nothing arrives. `info`: a hint, the chain may well work. */
  readonly severity: 'error' | 'warning' | 'info'
  /** One sentence. */
  readonly message: string
}

/** What of a backend decides. */
interface Backend {
  readonly pod?: unknown
  readonly containerPort?: number
  readonly container?: string
  readonly ready: boolean
}

/** The worst first; where nothing can arrive, only the first cause. */
export function chainProblems(
  service: Service,
  port: ServicePort,
  backends: readonly Backend[],
): readonly ChainProblem[] {
  const cause = ofAnotherProxy(service) ?? noBackends(service, backends) ?? noPort(port, backends)
  if (cause !== undefined) return [cause]
  return [notReady(backends), someWithoutPort(port, backends), undeclared(service, port, backends)].flatMap(
    (problem) => problem ?? [],
  )
}

function ofAnotherProxy(service: Service): ChainProblem | undefined {
  const labels = service.metadata.labels ?? {}
  const label = [SERVICE_PROXY_NAME_LABEL, HEADLESS_LABEL].find((name) => Object.hasOwn(labels, name))
  if (label === undefined || isHeadless(service)) return undefined
  return {
    code: 'PTL507',
    name: 'service-of-another-proxy',
    severity: 'warning',
    message: `the service proxy of the nodes leaves it alone: it has the label ${label}`,
  }
}

function noBackends(service: Service, backends: readonly Backend[]): ChainProblem | undefined {
  if (backends.length > 0) return undefined
  if (hasSelector(service)) {
    return {
      code: 'PTL201',
      name: 'selector-matches-nothing',
      severity: 'error',
      message: `selector ${formatLabels(service.spec.selector ?? {})} matches no Pod`,
    }
  }
  return {
    code: 'PTL208',
    name: 'service-without-selector-or-endpoints',
    severity: 'warning',
    message: 'the Service has no selector, and no EndpointSlice or Endpoints object gives this port an address',
  }
}

function noPort(port: ServicePort, backends: readonly Backend[]): ChainProblem | undefined {
  if (backends.some(({ containerPort }) => containerPort !== undefined)) return undefined
  return {
    code: 'PTL301',
    name: 'named-target-port-missing',
    severity: 'error',
    message: `no selected Pod has a ${port.protocol ?? 'TCP'} port named ${JSON.stringify(targetPortOf(port))}`,
  }
}

function notReady(backends: readonly Backend[]): ChainProblem | undefined {
  if (backends.some(({ ready, containerPort }) => ready && containerPort !== undefined)) return undefined
  const [first] = backends
  const what = first?.pod === undefined ? 'endpoint' : 'Pod'
  const message =
    backends.length === 1 ? `the only ${what} is not ready` : `none of ${backends.length} ${what}s is ready`
  return { code: 'PTL904', name: 'endpoints-not-ready', severity: 'error', message }
}

function someWithoutPort(port: ServicePort, backends: readonly Backend[]): ChainProblem | undefined {
  const without = backends.filter(({ containerPort }) => containerPort === undefined).length
  if (without === 0) return undefined
  const target = JSON.stringify(targetPortOf(port))
  return {
    code: 'PTL305',
    name: 'named-target-port-partial',
    severity: 'warning',
    message: `${without} of ${backends.length} selected Pods have no ${port.protocol ?? 'TCP'} port named ${target}`,
  }
}

function undeclared(service: Service, port: ServicePort, backends: readonly Backend[]): ChainProblem | undefined {
  if (!hasSelector(service) || backends.some(({ container }) => container !== undefined)) return undefined
  return {
    code: 'PTL303',
    name: 'target-port-undeclared',
    severity: 'info',
    message: `no selected Pod declares containerPort ${targetPortOf(port)}/${port.protocol ?? 'TCP'}; it works where the program listens on it`,
  }
}
