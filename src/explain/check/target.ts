/** Where the port of a Service leads in each workload, and what speaks for or against it. */
import { listText, nameOf } from './wording.ts'
import { type CheckContext, objectsOfKind, selectedBy } from './context.ts'
import { configMapNames, mentions, type PortFact, portFacts } from './evidence.ts'
import { imagePorts } from './known-images.ts'
import { objectAt, textAt } from './json.ts'
import type { Service, ServicePort } from './service.ts'
import { type Container, type DeclaredPort, declaredPorts, findNamedPort, type Workload } from './workload.ts'

/** One port of a Service in one workload that it selects. */
export interface Link {
  readonly service: Service
  readonly port: ServicePort
  readonly workload: Workload
}

const linksOf = new WeakMap<CheckContext, readonly Link[]>()

/** All of them, in the order of the Services; put together once. ExternalName leads nowhere. */
export function links(context: CheckContext): readonly Link[] {
  let all = linksOf.get(context)
  if (all === undefined) {
    all = context.services
      .filter(({ type }) => type !== 'ExternalName')
      .flatMap((service) =>
        service.ports.flatMap((port) => selectedBy(context, service).map((workload) => ({ service, port, workload }))),
      )
    linksOf.set(context, all)
  }
  return all
}

/** The container port that the Service port leads to, where one is declared. */
export function targetOf({ port, workload }: Link): DeclaredPort | undefined {
  const { target, protocol } = port
  if (typeof target === 'string') return findNamedPort(workload, target, protocol)
  return declaredPorts(workload).find((one) => one.containerPort === target && one.protocol === protocol)
}

/** The number that packets arrive at in the Pod; undefined where a name does not resolve. */
export function targetNumber(link: Link): number | undefined {
  const { target } = link.port
  return typeof target === 'number' ? target : targetOf(link)?.containerPort
}

/** Containers that mesh and similar injectors add; and those whose ports nobody declares. */
const SILENT =
  /(?:istio|envoy|linkerd|proxyv2|fluent|filebeat|promtail|vector|git-sync|busybox|alpine|config-reload|cloud-?sql|cloudsql)/

/** Whether a ConfigMap that the Pod reads holds the number. */
function isConfigured(context: CheckContext, workload: Workload, number: number): boolean {
  const names = new Set(configMapNames(workload.podSpec))
  if (names.size === 0) return false
  const pattern = new RegExp(`(?:^|\\D)${number}(?:\\D|$)`)
  return objectsOfKind(context, 'ConfigMap').some(
    (object) =>
      names.has(textAt(object.value, 'metadata', 'name') ?? '') &&
      context.namespaceOf(object) === workload.namespace &&
      Object.values(objectAt(object.value, 'data')).some((text) => typeof text === 'string' && pattern.test(text)),
  )
}

/**
 * What contradicts a numeric target: the facts of the Pod, where each container tells its ports and none is the target.
 * Undefined where a container is silent, or anything at all mentions the number.
 */
export function contradiction(context: CheckContext, { port, workload }: Link): readonly PortFact[] | undefined {
  const { target } = port
  if (typeof target !== 'number') return undefined
  const talking = workload.containers.filter(({ name, image }) => !SILENT.test(name) && !SILENT.test(image))
  if (talking.length === 0) return undefined
  const facts = talking.map((container) => portFacts(container))
  const all = facts.flat()
  const isSilent = facts.some((one) => one.length === 0)
  const isEvident = all.some((fact) => fact.port === target) || knownPorts(talking).includes(target)
  if (isSilent || isEvident) return undefined
  const isMentioned = workload.containers.some((container) => mentions(container, target))
  return isMentioned || isConfigured(context, workload, target) ? undefined : all
}

function knownPorts(containers: readonly Container[]): readonly number[] {
  return containers.flatMap(({ image }) => imagePorts(image))
}

/** `container web declares 8080 "http"`, for each container. */
export function servedText(workload: Workload, facts: readonly PortFact[]): string {
  const texts = [...new Set(facts.map(({ text }) => text))]
  return `${nameOf(workload)} says ${listText(texts)}`
}
