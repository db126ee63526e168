import type { Container, ContainerPort, Pod } from './core.ts'
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { validateUnique } from './meta-validation.ts'
import { PROTOCOLS } from './service-port-validation.ts'
import { portName, portNumber } from './syntax.ts'

/** The ports of one container; `path` leads to the list. */
export function validateContainerPorts(
  ports: readonly ContainerPort[],
  path: FieldPath,
  hostNetwork: boolean,
): readonly FieldError[] {
  return [
    ...ports.flatMap((port, i) => validateContainerPort(port, [...path, i], hostNetwork)),
    ...validateUnique(
      ports.map((port) => port.name),
      (i) => [...path, i, 'name'],
    ),
  ]
}

function validateContainerPort(port: ContainerPort, path: FieldPath, hostNetwork: boolean): readonly FieldError[] {
  const { name = '', containerPort, protocol = '', hostPort = 0 } = port
  const errors: FieldError[] = []
  if (name !== '') errors.push(...invalidEach([...path, 'name'], name, portName(name)))
  if (containerPort === 0) errors.push(required([...path, 'containerPort'], 'must be between 1 and 65535'))
  else errors.push(...invalidEach([...path, 'containerPort'], containerPort, portNumber(containerPort)))
  if (hostPort !== 0) errors.push(...invalidEach([...path, 'hostPort'], hostPort, portNumber(hostPort)))
  if (hostNetwork && hostPort !== containerPort) {
    errors.push(invalid([...path, 'hostPort'], hostPort, 'must match `containerPort` when `hostNetwork` is true'))
  }
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported([...path, 'protocol'], protocol, PROTOCOLS))
  return errors
}

/** One (protocol, hostIP, hostPort) twice in these containers; `path` leads to their list. */
export function validateHostPorts(containers: readonly Container[], path: FieldPath): readonly FieldError[] {
  const seen = new Set<string>()
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap(({ protocol, hostIP = '', hostPort = 0 }, j) => {
      const key = `${protocol}/${hostIP}/${hostPort}`
      const known = hostPort !== 0 && seen.has(key)
      seen.add(key)
      return known ? [duplicate([...path, i, 'ports', j, 'hostPort'], key)] : []
    }),
  )
}

/** What the API server says of accepted container ports: what is legal but seldom meant. */
export function warningsForPod({ spec }: Pod): readonly string[] {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  const all = [
    ...spec.containers.map((container, i) => ({ container, path: `spec.containers[${i}]` })),
    ...sidecars.map((container, i) => ({ container, path: `spec.initContainers[${i}]` })),
  ]
  const ports = new Map<string, string>()
  const names = new Map<string, string>()
  const warnings: string[] = []
  for (const { container, path } of all) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      const at = `${path}.ports[${j}]`
      const key = `${port.containerPort}/${port.protocol}`
      const twin = ports.get(key)
      if (twin !== undefined) warnings.push(`${at}: duplicate port definition with ${twin}`)
      else ports.set(key, at)
      const namesake = port.name === undefined ? undefined : names.get(port.name)
      if (namesake !== undefined) warnings.push(`${at}: duplicate port name ${port.name} with ${namesake}`)
      else if (port.name !== undefined) names.set(port.name, at)
      if (port.hostIP !== undefined && port.hostPort === undefined) {
        warnings.push(`${at}: hostIP set without hostPort: ${port.hostIP}`)
      }
    }
  }
  return warnings
}
