/** From a Service port to the port of a container. */
import type { Container, ContainerPort, Pod, PodSpec, ServicePort } from '../api/core.ts'
import type { IntOrString } from '../api/meta.ts'

/** Where a connection to a Service port arrives in one Pod. */
export interface PodPort {
  readonly number: number
  /** The container that declares it; absent for a number that none declares, which works all the same. */
  readonly container?: string
  /** The declaration's name, where it has one. */
  readonly name?: string
}

/** The number in the Pod; undefined for a name that no container declares with the port's protocol. */
export function findPort(pod: Pod, servicePort: ServicePort): number | undefined {
  return resolvePodPort(pod, servicePort)?.number
}

/** As `findPort`, and which container declares it. */
export function resolvePodPort(pod: { readonly spec: PodSpec }, servicePort: ServicePort): PodPort | undefined {
  const target = targetPortOf(servicePort)
  const protocol = servicePort.protocol ?? 'TCP'
  for (const [container, port] of containerPorts(pod.spec)) {
    const matches = typeof target === 'string' ? port.name === target : port.containerPort === target
    if (!matches || (port.protocol ?? 'TCP') !== protocol) continue
    const found = { number: port.containerPort, container: container.name }
    return port.name === undefined ? found : { ...found, name: port.name }
  }
  return typeof target === 'number' ? { number: target } : undefined
}

/** The port's targetPort; where it is missing, 0 or empty, the port itself. */
export function targetPortOf(port: ServicePort): IntOrString {
  return port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '' ? port.port : port.targetPort
}

/** Declared ports, in the order in which Kubernetes looks for a name: containers, then sidecars. */
export function* containerPorts(spec: PodSpec): Generator<readonly [Container, ContainerPort]> {
  const sidecars = (spec.initContainers ?? []).filter((container) => container.restartPolicy === 'Always')
  for (const container of [...spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) yield [container, port]
  }
}
