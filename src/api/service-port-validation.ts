import type { Service, ServicePort } from './core.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { isHeadless } from './service-terms.ts'
import { dnsLabel, portName, portNumber, qualifiedName } from './syntax.ts'

export const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP']

export function validateServicePorts(service: Service): readonly FieldError[] {
  const { type, ports = [] } = service.spec
  const path = ['spec', 'ports']
  const errors: FieldError[] = []
  if (ports.length === 0 && !isHeadless(service) && type !== 'ExternalName') errors.push(required(path))
  const names = new Set<string>()
  ports.forEach((port, i) => {
    errors.push(...validateServicePort(port, [...path, i], ports.length > 1, names))
  })
  if (type === 'ClusterIP') errors.push(...forbidNodePorts(ports))
  return [...errors, ...findDuplicatePorts(ports), ...findDuplicateNodePorts(ports)]
}

function validateServicePort(
  port: ServicePort,
  path: FieldPath,
  nameRequired: boolean,
  names: Set<string>,
): readonly FieldError[] {
  const { name = '', protocol = '', appProtocol, targetPort = 0 } = port
  const errors: FieldError[] = []
  if (name === '') {
    if (nameRequired) errors.push(required([...path, 'name']))
  } else {
    errors.push(...invalidEach([...path, 'name'], name, dnsLabel(name)))
    if (names.has(name)) errors.push(duplicate([...path, 'name'], name))
    names.add(name)
  }
  errors.push(...invalidEach([...path, 'port'], port.port, portNumber(port.port)))
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported([...path, 'protocol'], protocol, PROTOCOLS))
  const targetProblems = typeof targetPort === 'number' ? portNumber(targetPort) : namedTarget(targetPort)
  errors.push(...invalidEach([...path, 'targetPort'], targetPort, targetProblems))
  if (appProtocol !== undefined) {
    errors.push(...invalidEach([...path, 'appProtocol'], appProtocol, qualifiedName(appProtocol)))
  }
  return errors
}

/** A number in quotes is the usual mistake, and the rule that it breaks does not say so. */
function namedTarget(name: string): readonly string[] {
  const problems = portName(name)
  return /^\d+$/.test(name) ? problems.map((text) => `${text}; a number is written without quotes`) : problems
}

function forbidNodePorts(ports: readonly ServicePort[]): readonly FieldError[] {
  return ports.flatMap(({ nodePort = 0 }, i) =>
    nodePort === 0 ? [] : [forbidden(['spec', 'ports', i, 'nodePort'], "may not be used when `type` is 'ClusterIP'")],
  )
}

function findDuplicatePorts(ports: readonly ServicePort[]): readonly FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap((port, i) => {
    const key = `${port.protocol}/${port.port}`
    const known = seen.has(key)
    seen.add(key)
    if (!known) return []
    const sentence = `${port.protocol} port ${port.port} is given twice`
    return [{ ...duplicate(['spec', 'ports', i], structOf(port)), sentence }]
  })
}

function findDuplicateNodePorts(ports: readonly ServicePort[]): readonly FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap(({ protocol, nodePort = 0 }, i) => {
    const key = `${protocol}/${nodePort}`
    const known = nodePort !== 0 && seen.has(key)
    seen.add(key)
    return known ? [duplicate(['spec', 'ports', i, 'nodePort'], nodePort)] : []
  })
}

/** The value as the server shows it: its internal struct. */
function structOf(port: ServicePort): unknown {
  return {
    Name: port.name ?? '',
    Protocol: port.protocol,
    AppProtocol: port.appProtocol ?? null,
    Port: port.port,
    TargetPort: port.targetPort,
    NodePort: port.nodePort ?? 0,
  }
}

/** Refuses ranges and addresses that the type has no use for. */
export function validateHealthCheckNodePort(service: Service, needed: boolean): readonly FieldError[] {
  const { healthCheckNodePort = 0 } = service.spec
  const path = ['spec', 'healthCheckNodePort']
  if (needed || healthCheckNodePort === 0) return []
  return [
    invalid(
      path,
      healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ),
  ]
}
