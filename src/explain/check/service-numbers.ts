/** What a number is to a Service that has no such port. */
import { type CheckContext, selectedBy } from './context.ts'
import type { Service, ServicePort } from './service.ts'
import { targetNumber } from './target.ts'
import { declaredPorts } from './workload.ts'

/** The ports whose packets arrive at this number in the Pods. */
export function portsLeadingTo(context: CheckContext, service: Service, number: number): readonly ServicePort[] {
  return service.ports.filter(
    (port) =>
      port.target === number ||
      selectedBy(context, service).some((workload) => targetNumber({ service, port, workload }) === number),
  )
}

/** `; 8080 is its targetPort: use 80`, or nothing. */
export function explainNumber(context: CheckContext, service: Service, number: number): string {
  const [leading] = portsLeadingTo(context, service, number)
  if (leading !== undefined) return `; ${number} is the targetPort: use ${leading.port}`
  const node = service.ports.find(({ nodePort }) => nodePort === number)
  if (node !== undefined) return `; ${number} is the nodePort: use ${node.port}`
  const isDeclared = selectedBy(context, service).some((workload) =>
    declaredPorts(workload).some(({ containerPort }) => containerPort === number),
  )
  return isDeclared ? `; ${number} is a port of its Pods that the Service does not offer` : ''
}
